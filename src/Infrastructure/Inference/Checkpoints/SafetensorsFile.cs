using Microsoft.Win32.SafeHandles;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>
/// An open safetensors file: nothing of it is copied until a tensor is asked for. Read, not mapped: what was copied needn't
/// stay in memory a second time, and a file that is cut short meanwhile is an error instead of the process's end.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;
    private const int SampleBytes = 64;

    private readonly SafeFileHandle _file;

    private SafetensorsFile(SafeFileHandle file, string name, DateTime changedAt)
    {
        (_file, Length, ChangedAt) = (file, RandomAccess.GetLength(file), changedAt);
        if (Length < LengthBytes)
            throw new CheckpointException($"{name} can't be read: it is shorter than its head.");
        var length = new byte[LengthBytes];
        Read(0, length);
        var head = new byte[LengthBytes + SafetensorsHeader.LengthOf(name, length, Length)];
        Read(0, head);
        Tensors = SafetensorsHeader.Parse(name, head, Length);
    }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    public DateTime ChangedAt { get; }

    /// <summary>Opens the file and checks its head.</summary>
    /// <exception cref="CheckpointException">It can't be read, or isn't such a file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var name = Path.GetFileName(path);
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path);
            return new SafetensorsFile(file, name, File.GetLastWriteTimeUtc(path));
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException($"{name} can't be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "it isn't there" : "the system refuses it")}.", e);
            throw;
        }
    }

    /// <summary>Copies a tensor's bytes.</summary>
    /// <param name="entry">One of <see cref="Tensors"/>.</param>
    /// <param name="target">As long as the entry.</param>
    /// <exception cref="IOException">The file has become shorter, or can't be read any more.</exception>
    public void CopyTo(TensorEntry entry, Span<byte> target) => Read(entry.Offset, target[..checked((int)entry.Length)]);

    /// <summary>Copies some of a tensor's bytes.</summary>
    /// <param name="entry">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">Of the first byte within the tensor.</param>
    /// <param name="target">Is filled.</param>
    /// <exception cref="IOException">The file has become shorter, or can't be read any more.</exception>
    public void CopyTo(TensorEntry entry, long offset, Span<byte> target) => Read(entry.Offset + offset, target);

    /// <summary>The first bytes of a tensor and as many from its middle.</summary>
    public byte[] Sample(TensorEntry entry)
    {
        var count = (int)Math.Min(SampleBytes, entry.Length);
        var sample = new byte[2 * count];
        Read(entry.Offset, sample.AsSpan(0, count));
        Read(entry.Offset + ((entry.Length - count) / 2), sample.AsSpan(count));
        return sample;
    }

    public void Dispose() => _file.Dispose();

    private void Read(long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var count = RandomAccess.Read(_file, target, offset);
            if (count == 0)
                throw new EndOfStreamException("A file of weights has become shorter.");
            target = target[count..];
            offset += count;
        }
    }
}
