using MusicGen.Infrastructure.Inference.Kernels;
using TorchSharp;

namespace MusicGen.Infrastructure.Inference;

/// <summary>In what the decoder's weights are kept; the text encoder and the codec stay in float32.</summary>
internal enum Precision
{
    Fp32,
    Bf16,
    Fp16,
    Int8,
}

/// <summary>Where and in what a model is computed.</summary>
/// <param name="Device">Where.</param>
/// <param name="Precision">Of the decoder.</param>
/// <param name="Kernels">That compute the decoder; null for libtorch.</param>
/// <param name="Threads">Of the kernels.</param>
/// <param name="CacheFolder">Where packed weights are kept; null for nowhere.</param>
internal sealed record EngineProfile(ComputeDevice Device, Precision Precision, IKernels? Kernels, int Threads, string? CacheFolder)
{
    private const string OfGpu = "torchsharp-cuda-";

    /// <summary>Bytes that weights and caches may take together.</summary>
    public long MemoryLimit { get; init; } = long.MaxValue;

    /// <summary>As tasks name it, as in torchsharp-cuda-fp16 or simd-avx512-int8: the same name, model and request make the same codes.</summary>
    public string Name => Kernels is null
        ? FormattableString.Invariant($"{(Device.IsGpu ? OfGpu : "torchsharp-cpu-")}{Word}")
        : FormattableString.Invariant($"simd-{Kernels.Name}-{Word}");

    /// <summary>Whether an engine of that name computes on a GPU.</summary>
    public static bool IsOfGpu(string engine) => engine.StartsWith(OfGpu, StringComparison.Ordinal);

    /// <summary>For numbers.</summary>
    public KeyValuePair<string, object?> DeviceTag { get; } = new("device", Device.Name);

    /// <summary>
    /// Songs at once where nobody says otherwise. libtorch on a CPU always computes all places, the kernels only those taken:
    /// four songs take about as long as two of them one after the other.
    /// </summary>
    public int DefaultSongs => Device.IsGpu ? 8 : Kernels is null ? 2 : 4;

    /// <summary>For libtorch.</summary>
    public torch.Device TorchDevice => Device.Gpu is { } number ? new(DeviceType.CUDA, number) : new(DeviceType.CPU);

    /// <summary>For libtorch.</summary>
    public torch.ScalarType ScalarType => Precision switch
    {
        Precision.Fp32 => torch.ScalarType.Float32,
        Precision.Bf16 => torch.ScalarType.BFloat16,
        _ => torch.ScalarType.Float16,
    };

    /// <summary>For the kernels.</summary>
    public WeightType WeightType => Precision switch
    {
        Precision.Fp32 => WeightType.Float32,
        Precision.Bf16 => WeightType.BFloat16,
        _ => WeightType.Int8,
    };

    private string Word => Precision switch { Precision.Fp32 => "fp32", Precision.Bf16 => "bf16", Precision.Fp16 => "fp16", _ => "int8" };
}
