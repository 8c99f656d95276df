using System.Security.Cryptography;
using System.Text.Json;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>What was pulled into a model's folder: left there, so that the files can be checked again.</summary>
/// <param name="Id">As in <c>facebook/musicgen-small</c>.</param>
/// <param name="Revision">The commit that was pulled.</param>
/// <param name="Licence">As the hub names it.</param>
/// <param name="Files">Every file, relative to the folder.</param>
/// <param name="LicenceAcceptedAt">When an operator accepted the licence; null when nobody did.</param>
public sealed record ModelManifest(string Id, string Revision, string Licence, IReadOnlyList<ModelManifest.Entry> Files, DateTimeOffset? LicenceAcceptedAt = null)
{
    public const string FileName = "musicgen-manifest.json";

    private static readonly JsonSerializerOptions Layout = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Null where the folder has none.</summary>
    /// <exception cref="InvalidDataException">It is there but can't be understood.</exception>
    public static async Task<ModelManifest?> ReadAsync(string folder, CancellationToken ct)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize<ModelManifest>(await File.ReadAllTextAsync(file, ct), Layout);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} can't be understood. Pull the model again.", e);
        }
    }

    /// <summary>Leaves it in the folder; it appears whole.</summary>
    public async Task WriteAsync(string folder, CancellationToken ct)
    {
        var file = Path.Combine(folder, FileName);
        await File.WriteAllBytesAsync(file + ".part", JsonSerializer.SerializeToUtf8Bytes(this, Layout), ct);
        File.Move(file + ".part", file, overwrite: true);
    }

    /// <summary>Of a folder that came otherwise than by a pull: its files as they are now.</summary>
    public static async Task<ModelManifest> OfFolderAsync(string folder, string id, string licence, CancellationToken ct)
    {
        var entries = new List<Entry>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(f => f.Name != FileName && f.Extension != ".part").OrderBy(f => f.Name, StringComparer.Ordinal))
            entries.Add(new Entry(file.Name, file.Length, await HashAsync(file.FullName, ct)));
        return new ModelManifest(id, "local", licence, entries);
    }

    /// <summary>What can be checked in no time, before a model is offered: that every file has the size that was pulled.</summary>
    /// <exception cref="CheckpointException">One hasn't, or the manifest can't be read.</exception>
    internal static void RefuseOtherSizes(string folder)
    {
        var manifest = Path.Combine(folder, FileName);
        if (!File.Exists(manifest))
            return;
        try
        {
            foreach (var entry in JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(manifest), Layout)?.Files ?? [])
            {
                var file = new FileInfo(Path.Combine(folder, entry.Path));
                if (!file.Exists || file.Length != entry.Size)
                    throw new CheckpointException($"{entry.Path} {(file.Exists ? "has another size than what was pulled" : "is missing")}. Pull the model again.");
            }
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{FileName} can't be read. Pull the model again.", e);
        }
    }

    /// <summary>What is wrong with each file of the folder; empty when all is as it was pulled.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(string folder, CancellationToken ct)
    {
        var faults = new List<string>();
        foreach (var entry in Files)
        {
            var file = new FileInfo(Path.Combine(folder, entry.Path));
            if (!file.Exists)
                faults.Add($"{entry.Path}: is missing");
            else if (file.Length != entry.Size)
                faults.Add($"{entry.Path}: has {file.Length} bytes instead of {entry.Size}");
            else if (await HashAsync(file.FullName, ct) != entry.Sha256)
                faults.Add($"{entry.Path}: its SHA-256 is another");
        }

        return faults;
    }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public static async Task<string> HashAsync(string file, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
    }

    /// <param name="Path">With slashes.</param>
    /// <param name="Size">In bytes.</param>
    /// <param name="Sha256">In hexadecimal.</param>
    public sealed record Entry(string Path, long Size, string Sha256);
}
