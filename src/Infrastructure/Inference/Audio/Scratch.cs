using System.Runtime.InteropServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>Samples that are written once and read once, on disk, so that a long sound needs no memory; gone when closed.</summary>
internal sealed class Scratch : IDisposable
{
    // The caller's alone.
    private readonly FileStream _file = new(
        Path.Combine(Path.GetTempPath(), $"musicgen-{Guid.CreateVersion7():N}.part"),
        OperatingSystem.IsWindows()
            ? new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose, BufferSize = 1 << 16 }
            : new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.DeleteOnClose,
                BufferSize = 1 << 16,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });

    public void Write(ReadOnlySpan<float> samples) => _file.Write(MemoryMarshal.AsBytes(samples));

    /// <summary>Goes back to the first sample.</summary>
    public void Rewind() => _file.Position = 0;

    public void Read(Span<float> samples) => _file.ReadExactly(MemoryMarshal.AsBytes(samples));

    public void Dispose() => _file.Dispose();
}
