using System.IO.MemoryMappedFiles;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>A safetensors file, mapped into memory: nothing of it is copied until a tensor is asked for.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(MemoryMappedFile file, MemoryMappedViewAccessor view, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        _file = file;
        _view = view;
        Tensors = tensors;
    }

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
            var length = new FileInfo(path).Length;
            if (length < 8)
                throw new CheckpointException($"{name} can't be read: it is shorter than its head.");
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(file, view, Parse(name, view, length));
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
    public unsafe void CopyTo(TensorEntry entry, Span<byte> target)
    {
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            new ReadOnlySpan<byte>(start + _view.PointerOffset + entry.Offset, checked((int)entry.Length)).CopyTo(target);
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
