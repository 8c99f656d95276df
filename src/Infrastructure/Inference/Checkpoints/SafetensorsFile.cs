using System.IO.MemoryMappedFiles;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>A safetensors file, mapped into memory: nothing of it is copied until a tensor is asked for.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int SampleBytes = 64;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(FileInfo info, MemoryMappedFile file, MemoryMappedViewAccessor view, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        (Length, ChangedAt) = (info.Length, info.LastWriteTimeUtc);
        _file = file;
        _view = view;
        Tensors = tensors;
    }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    public DateTime ChangedAt { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Maps the file and checks its head.</summary>
    /// <exception cref="CheckpointException">It can't be read, or isn't such a file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var name = Path.GetFileName(path);
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            var info = new FileInfo(path);
            if (info.Length < 8)
                throw new CheckpointException($"{name} can't be read: it is shorter than its head.");
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(info, file, view, Parse(name, view, info.Length));
        }
        catch (Exception e)
        {
            view?.Dispose();
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException($"{name} can't be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "it isn't there" : "the system refuses it")}.", e);
            throw;
        }
    }

    /// <summary>Copies a tensor's bytes.</summary>
    /// <param name="entry">One of <see cref="Tensors"/>.</param>
    /// <param name="target">As long as the entry.</param>
    public void CopyTo(TensorEntry entry, Span<byte> target) => Copy(entry.Offset, checked((int)entry.Length), target);

    /// <summary>The first bytes of a tensor and as many from its middle.</summary>
    public byte[] Sample(TensorEntry entry)
    {
        var count = (int)Math.Min(SampleBytes, entry.Length);
        var sample = new byte[2 * count];
        Copy(entry.Offset, count, sample);
        Copy(entry.Offset + ((entry.Length - count) / 2), count, sample.AsSpan(count));
        return sample;
    }

    private unsafe void Copy(long offset, int length, Span<byte> target)
    {
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            new ReadOnlySpan<byte>(start + _view.PointerOffset + offset, length).CopyTo(target);
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static unsafe Dictionary<string, TensorEntry> Parse(string name, MemoryMappedViewAccessor view, long length)
    {
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += view.PointerOffset;
            var head = 8 + SafetensorsHeader.LengthOf(name, new ReadOnlySpan<byte>(start, 8), length);
            return SafetensorsHeader.Parse(name, new ReadOnlySpan<byte>(start, head), length);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}
