using System.Security.Cryptography;

namespace MusicGen.Infrastructure.Files;

/// <summary>Copies bytes and says what they were.</summary>
internal static class HashedCopy
{
    private const int BufferSize = 128 * 1024;

    /// <returns>How many bytes, and their SHA-256 in hexadecimal.</returns>
    public static async Task<(long Bytes, string Sha256)> CopyAsync(Stream from, Stream to, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        var bytes = 0L;
        while (await from.ReadAsync(buffer, ct) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
            bytes += read;
        }

        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
