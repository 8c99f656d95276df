using System.Diagnostics;
using System.Numerics;

namespace MusicGen.Programs;

/// <summary>How fast this machine reads memory, with all of its cores, in bytes a second.</summary>
internal static class Bandwidth
{
    private const int BytesPerThread = 256 << 20;
    private const int Rounds = 5;

    /// <summary>The best of a few rounds over memory that no cache holds.</summary>
    public static double Measure()
    {
        var threads = Environment.ProcessorCount;
        var blocks = Enumerable.Range(0, threads).Select(_ => Filled()).ToArray();
        var best = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            var readers = blocks.Select(block => new Thread(() => Read(block))).ToList();
            readers.ForEach(r => r.Start());
            readers.ForEach(r => r.Join());
            best = Math.Max(best, (double)threads * BytesPerThread / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static float[] Filled()
    {
        var block = new float[BytesPerThread / sizeof(float)];
        Array.Fill(block, 1);
        return block;
    }

    // Four sums, so that the additions don't wait for each other.
    private static void Read(float[] block)
    {
        var width = Vector<float>.Count;
        var (a, b, c, d) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        for (var i = 0; i <= block.Length - (4 * width); i += 4 * width)
        {
            a += new Vector<float>(block, i);
            b += new Vector<float>(block, i + width);
            c += new Vector<float>(block, i + (2 * width));
            d += new Vector<float>(block, i + (3 * width));
        }

        if (Vector.Sum(a + b + c + d) < 0)
            throw new UnreachableException();
    }
}
