using System.Numerics;
using System.Runtime.Intrinsics;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>The kernels that this processor can run.</summary>
internal static class KernelSelection
{
    /// <summary>The best first; the portable ones run everywhere.</summary>
    public static IReadOnlyList<IKernels> All { get; } = Find();

    public static IKernels Best => All[0];

    /// <summary>By name; null where this processor lacks them.</summary>
    public static IKernels? Named(string name) => All.FirstOrDefault(k => k.Name == name);

    private static List<IKernels> Find()
    {
        var found = new List<IKernels>();
        if (Avx512Simd.IsSupported)
            found.Add(new Kernels<Avx512Simd, Vector512<float>, Vector512<int>>("avx512"));
        if (Avx2Simd.IsSupported)
            found.Add(new Kernels<Avx2Simd, Vector256<float>, Vector256<int>>("avx2"));
        found.Add(new Kernels<PortableSimd, Vector<float>, Vector<int>>("portable"));
        return found;
    }
}
