namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>How a matrix of weights is kept.</summary>
internal enum WeightType
{
    /// <summary>As trained.</summary>
    Float32,

    /// <summary>The upper half of a float32, rounded to even.</summary>
    BFloat16,

    /// <summary>Steps of a 127th of the greatest weight of the same output.</summary>
    Int8,
}
