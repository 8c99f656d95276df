using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>What the tests of the kernels share.</summary>
internal static class KernelData
{
    /// <summary>Every set of kernels that this processor can run.</summary>
    public static TheoryData<string> All => [.. KernelSelection.All.Select(k => k.Name)];

    /// <summary>Each with every type of weights.</summary>
    public static TheoryData<string, string> AllByType =>
        new(KernelSelection.All.SelectMany(_ => Enum.GetNames<WeightType>(), (k, type) => (k.Name, type)));

    public static IKernels Named(string name) => KernelSelection.Named(name)!;

    /// <summary>About normally distributed around 0 with a deviation of 1, always the same.</summary>
    public static float[] Noise(int count, uint seed)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var (a, b, c, d) = Philox.Block((uint)i, seed, 0, 0, 7, 0);
            values[i] = (float)((((double)a + b + c + d) / uint.MaxValue) - 2) * MathF.Sqrt(3);
        }

        return values;
    }
}
