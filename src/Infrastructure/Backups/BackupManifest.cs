using System.Text.Json;
using System.Text.RegularExpressions;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Backups;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Backups;

/// <summary>What a backup holds: written last, so that a folder without one is none, and signed with a key of JWT_SECRET_KEY.</summary>
/// <param name="Format">Of the folder; a program that doesn't know it doesn't restore it.</param>
/// <param name="Id">Names the backup in the audit trail.</param>
/// <param name="At">The moment whose state it holds.</param>
/// <param name="Program">The version that made it.</param>
/// <param name="Migration">The database's last one.</param>
/// <param name="Sessions">Whether it holds sessions.</param>
/// <param name="Files">All but the manifest.</param>
internal sealed partial record BackupManifest(
    int Format, Guid Id, DateTimeOffset At, string Program, string Migration, bool Sessions, IReadOnlyList<BackupFile> Files)
{
    public const int PresentFormat = 1;
    public const string FileName = "manifest.json";
    public const string Database = "database.db";
    public const string AuditHead = "audit.head";
    public const string Traces = "redis.jsonl";
    public const string AudioFolder = "audio";
    public const string ExportFolder = "exports";

    private const string Purpose = "backup-manifest";

    private static readonly JsonSerializerOptions Wire = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public static string AudioName(GenerationId id, AudioFormat format) => $"{AudioFolder}/{id}{(format == AudioFormat.WavFloat ? ".f32" : string.Empty)}.wav";

    public static string ExportName(Guid id) => $"{ExportFolder}/{id}.zip";

    /// <summary>Whether a backup may hold a file of that name: so none leads out of its folder.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>Which task's sound a file is; null when it is something else.</summary>
    public static (GenerationId Id, AudioFormat Format)? AudioOf(string name) =>
        IdIn(name, AudioFolder) is { } id ? (new GenerationId(id), name.EndsWith(".f32.wav", StringComparison.Ordinal) ? AudioFormat.WavFloat : AudioFormat.Wav) : null;

    /// <summary>Which export a file is; null when it is something else.</summary>
    public static Guid? ExportOf(string name) => IdIn(name, ExportFolder);

    /// <summary>The manifest's text, signed.</summary>
    public string Write(IMessageAuthenticator authenticator)
    {
        var text = JsonSerializer.Serialize(this, Wire);
        return $$"""{"signature":"{{authenticator.Sign(Purpose, text)}}","manifest":{{text}}}""";
    }

    /// <summary>Reads one that is ours.</summary>
    public static Result<BackupManifest> Read(string text, IMessageAuthenticator authenticator)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var manifest = document.RootElement.GetProperty("manifest");
            if (manifest.GetProperty("format").GetInt32() > PresentFormat)
                return BackupErrors.Newer;
            if (!authenticator.Verify(Purpose, manifest.GetRawText(), document.RootElement.GetProperty("signature").GetString() ?? string.Empty))
                return BackupErrors.OtherSecret;
            return manifest.Deserialize<BackupManifest>(Wire) ?? throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return BackupErrors.Broken("Its manifest can't be read.");
        }
    }

    private static Guid? IdIn(string name, string folder) =>
        IsName(name) && name.StartsWith(folder + "/", StringComparison.Ordinal) ? Guid.ParseExact(name.AsSpan(folder.Length + 1, 36), "D") : null;

    [GeneratedRegex(@"\A(?:database\.db|audit\.head|redis\.jsonl|audio/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.f32)?\.wav|exports/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}

/// <param name="Name">Below the backup's folder, with forward slashes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In hexadecimal.</param>
internal sealed record BackupFile(string Name, long Bytes, string Sha256);
