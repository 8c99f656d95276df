using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>Memory that the garbage collector neither moves nor clears, aligned to cache lines, zero at first.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    public const int Alignment = 64;

    // A load may reach over the end of what it needs.
    private const int Slack = 128;

    private static long _living;

    public NativeBlock(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + Slack), Alignment);
        Interlocked.Increment(ref _living);
        for (long at = 0; at < bytes + Slack; at += 1 << 30)
            NativeMemory.Clear(Start + at, (nuint)Math.Min(1 << 30, bytes + Slack - at));
    }

    [SuppressMessage("Design", "MA0055", Justification = "A song's gigabyte shall not stay because a fault kept somebody from giving it back.")]
    ~NativeBlock() => Free();

    /// <summary>Blocks of the process that aren't freed.</summary>
    public static long Living => Interlocked.Read(ref _living);

    public long Bytes { get; }

    public byte* Start { get; private set; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Start is null)
            return;
        Interlocked.Decrement(ref _living);
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
