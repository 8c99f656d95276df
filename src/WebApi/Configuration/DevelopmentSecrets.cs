using System.Security.Cryptography;
using System.Text.Json;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.Configuration;

/// <summary>The secrets that Development makes for itself, once for each data folder.</summary>
internal static class DevelopmentSecrets
{
    private const string SecretKey = "JWT_SECRET_KEY";

    /// <summary>Reads <c>secrets.json</c>, or makes it. A command and a server that start together get the same.</summary>
    /// <exception cref="StartRefusedException">The file is there but can't be understood.</exception>
    public static async Task<string> ReadOrMakeAsync(DataFolder folder, CancellationToken ct)
    {
        await using var turn = await FolderLock.WaitAsync(folder.File("secrets.lock"), TimeSpan.FromSeconds(10), ct)
            ?? throw new StartRefusedException("Another process has been making this data folder's secrets for ten seconds.");

        var file = folder.File("secrets.json");
        if (File.Exists(file))
            return Read(file, await File.ReadAllTextAsync(file, ct));

        var secret = RandomNumberGenerator.GetHexString(64, lowercase: true);
        await AtomicFile.WriteAsync(file, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [SecretKey] = secret }), ct);
        return secret;
    }

    private static string Read(string file, string text)
    {
        try
        {
            if (JsonSerializer.Deserialize<Dictionary<string, string>>(text)?.GetValueOrDefault(SecretKey) is { Length: >= 32 } secret)
                return secret;
        }
        catch (JsonException)
        {
            // Said below, with what to do.
        }

        throw new StartRefusedException($"{file} holds no {SecretKey}. Remove the file to make new secrets; everybody is signed out then.");
    }
}
