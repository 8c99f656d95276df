using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MusicGen.Application.Identity.RunExport;

/// <summary>A ZIP file that is written from its beginning to its end; its last entry says what is in it.</summary>
internal sealed class ExportArchive(Stream target) : IDisposable
{
    private static readonly JsonSerializerOptions Json = Options(indented: true);
    private static readonly JsonSerializerOptions JsonLine = Options(indented: false);
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    private readonly ZipArchive _zip = new(target, ZipArchiveMode.Create, leaveOpen: true);
    private readonly List<ManifestEntry> _entries = [];

    /// <summary>One JSON document.</summary>
    public Task AddAsync<T>(string name, T content, CancellationToken ct) =>
        AddAsync(name, CompressionLevel.Optimal, stream => JsonSerializer.SerializeAsync(stream, content, Json, ct), ct);

    /// <summary>A JSON document on each line.</summary>
    public Task AddLinesAsync<T>(string name, IAsyncEnumerable<T> lines, CancellationToken ct) => AddAsync(name, CompressionLevel.Optimal, async stream =>
    {
        await foreach (var line in lines.WithCancellation(ct))
        {
            await JsonSerializer.SerializeAsync(stream, line, JsonLine, ct);
            await stream.WriteAsync(NewLine, ct);
        }
    }, ct);

    /// <summary>A file as it is; sound hardly gets smaller.</summary>
    public Task AddAsync(string name, Stream content, CancellationToken ct) =>
        AddAsync(name, CompressionLevel.NoCompression, stream => content.CopyToAsync(stream, ct), ct);

    public Task AddTextAsync(string name, string text, CancellationToken ct) =>
        AddAsync(name, CompressionLevel.Optimal, stream => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), ct).AsTask(), ct);

    /// <summary>The list of all that was added, with lengths and hashes.</summary>
    public Task AddManifestAsync(CancellationToken ct) =>
        AddAsync("manifest.json", CompressionLevel.Optimal, stream => JsonSerializer.SerializeAsync(stream, new Manifest(_entries), Json, ct), ct);

    public void Dispose() => _zip.Dispose();

    private async Task AddAsync(string name, CompressionLevel level, Func<Stream, Task> write, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var hash = SHA256.Create();
        var length = new CountingTransform(hash);
        await using (var entry = await _zip.CreateEntry(name, level).OpenAsync(ct))
        await using (var hashed = new CryptoStream(entry, length, CryptoStreamMode.Write))
            await write(hashed);
        _entries.Add(new ManifestEntry(name, length.Bytes, Convert.ToHexStringLower(hash.Hash!)));
    }

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // people read this; no page ever holds it
        WriteIndented = indented,
    };

    private sealed record Manifest(IReadOnlyList<ManifestEntry> Files);

    private sealed record ManifestEntry(string Name, long Bytes, string Sha256);

    /// <summary>Passes bytes on as they are, through a hash, and counts them.</summary>
    private sealed class CountingTransform(ICryptoTransform hash) : ICryptoTransform
    {
        public long Bytes { get; private set; }

        public bool CanReuseTransform => false;

        public bool CanTransformMultipleBlocks => hash.CanTransformMultipleBlocks;

        public int InputBlockSize => hash.InputBlockSize;

        public int OutputBlockSize => hash.OutputBlockSize;

        public int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)
        {
            Bytes += inputCount;
            return hash.TransformBlock(inputBuffer, inputOffset, inputCount, outputBuffer, outputOffset);
        }

        public byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)
        {
            Bytes += inputCount;
            return hash.TransformFinalBlock(inputBuffer, inputOffset, inputCount);
        }

        public void Dispose() => hash.Dispose();
    }
}
