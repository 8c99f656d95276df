namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>
/// The chance of every place of a song, fixed by its seed: the same whatever runs beside, in whatever order, after any
/// restart. Philox, keyed by the seed, counted by frame, codebook and variation.
/// </summary>
internal sealed class CodeDice(long seed)
{
    // Apart from other users of the same generator and seed.
    private const uint Domain = 0x636F6465;
    private const uint Variation = 0;

    /// <summary>From 0 up to but not 1, in steps of 2^-53.</summary>
    public double Uniform(int frame, int codebook)
    {
        var (a, b, _, _) = Philox.Block((uint)frame, (uint)codebook, Variation, Domain, (uint)seed, (uint)(seed >> 32));
        return (((ulong)(a >> 5) << 26) | (b >> 6)) * (1.0 / (1UL << 53));
    }
}
