using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Sums of blocks, as many samples at once as the processor takes; the results don't depend on how many those are.</summary>
internal static class Blocks
{
    /// <summary>Adds a block at a gain to another.</summary>
    /// <param name="from">A block.</param>
    /// <param name="gain">Factor; nothing happens at 0.</param>
    /// <param name="to">As long.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ReadOnlySpan<float> from, float gain, Span<float> to)
    {
        if (gain == 0)
            return;
        var wide = MemoryMarshal.Cast<float, Vector<float>>(from);
        var wideTo = MemoryMarshal.Cast<float, Vector<float>>(to);
        for (var i = 0; i < wide.Length; i++)
            wideTo[i] += wide[i] * gain;
        for (var i = wide.Length * Vector<float>.Count; i < from.Length; i++)
            to[i] += from[i] * gain;
    }
}
