using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>One row of one song within a pass: consecutive columns that hear the same past and the same text.</summary>
/// <param name="Cache">The song's.</param>
/// <param name="Row">Which of the cache's rows.</param>
/// <param name="Text">What it hears; null for nothing.</param>
/// <param name="First">Its first row in the pass.</param>
/// <param name="Count">Its columns.</param>
/// <param name="FirstHeard">Its first row among those that hear a text.</param>
internal readonly record struct Strand(SimdCache Cache, int Row, SimdCache? Text, int First, int Count, int FirstHeard)
{
    /// <summary>Places that the last column hears.</summary>
    public int Length => Cache.Length + Count;

    public HeadCache Past(int layer) => Cache.Of(layer, Row);
}
