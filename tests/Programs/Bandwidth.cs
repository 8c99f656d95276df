using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Programs;

/// <summary>How fast this machine reads memory, with all of its cores, in bytes a second.</summary>
internal static unsafe class Bandwidth
{
    private const int BytesPerThread = 256 << 20;
    private const int Rounds = 8;

    /// <summary>The best of a few rounds over memory that no cache holds.</summary>
    public static double Measure()
    {
        var threads = Environment.ProcessorCount;
        var blocks = Enumerable.Range(0, threads).Select(_ => new NativeBlock(BytesPerThread)).ToList();
        var best = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            var readers = blocks.Select(block => new Thread(() => Read((float*)block.Start, BytesPerThread / sizeof(float)))).ToList();
            readers.ForEach(r => r.Start());
            readers.ForEach(r => r.Join());
            best = Math.Max(best, (double)threads * BytesPerThread / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        blocks.ForEach(b => b.Dispose());
        return best;
    }

    // Four places at once, each with a sum of its own: a core follows more streams than one, and additions don't wait.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read(float* block, int count)
    {
        var (width, part) = (Vector512<float>.Count, count / 4);
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i <= part - (2 * width); i += 2 * width)
        {
            a += Vector512.Load(block + i) + Vector512.Load(block + i + width);
            b += Vector512.Load(block + part + i) + Vector512.Load(block + part + i + width);
            c += Vector512.Load(block + (2 * part) + i) + Vector512.Load(block + (2 * part) + i + width);
            d += Vector512.Load(block + (3 * part) + i) + Vector512.Load(block + (3 * part) + i + width);
        }

        if (Vector512.Sum(a + b + c + d) < 0)
            throw new UnreachableException();
    }
}
