using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Where checkpoints lie and how they are run.</summary>
public sealed record InferenceOptions
{
    public const string Section = "Inference";

    /// <summary>MODEL_PATH: folders of models, or that hold models, comma-separated; null for none.</summary>
    public string? ModelPath { get; init; }

    /// <summary>DEFAULT_MODEL: the model of requests that name none; null for the best of the service.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>INFERENCE_DEVICE: auto takes every GPU where there are any, else the CPU; or devices by name, comma-separated.</summary>
    [RegularExpression("auto|cuda|(cpu|cuda:[0-9]+)(,(cpu|cuda:[0-9]+))*")]
    public string Device { get; init; } = "auto";

    /// <summary>INFERENCE_PRECISION of the decoder: auto is fp32 on a CPU and fp16 on a GPU.</summary>
    [AllowedValues("auto", "fp32", "bf16", "fp16", "int8")]
    public string Precision { get; init; } = "auto";

    /// <summary>INFERENCE_DECODER: what computes the decoder; auto is libtorch on a GPU and this processor's best kernels else.</summary>
    [AllowedValues("auto", "torch", "avx512", "avx2", "portable")]
    public string Decoder { get; init; } = "auto";

    /// <summary>INFERENCE_THREADS: that the kernels compute with; 0 is one for each processor.</summary>
    [Range(0, 256)]
    public int Threads { get; init; }

    /// <summary>INFERENCE_CACHE: folder of packed weights, which load faster than a checkpoint; null for none.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>INFERENCE_SONGS: songs at once on each device, which share its passes; 0 is 4 on a CPU, 2 where libtorch computes, and 8 on a GPU.</summary>
    [Range(0, 64)]
    public int Songs { get; init; }

    /// <summary>INFERENCE_MEMORY_MB: what weights and caches may take together on each device; 0 is nine tenths of a GPU's, three quarters of the machine's on a CPU.</summary>
    [Range(0, 1 << 24)]
    public int MemoryMb { get; init; }

    /// <summary>INFERENCE_IDLE_MINUTES: how long an unused model stays loaded; 0 is for ever.</summary>
    [Range(0, 10_000)]
    public int IdleMinutes { get; init; } = 30;

    /// <summary>ALLOW_NONCOMMERCIAL_WEIGHTS: weights whose licence forbids commerce serve paying tiers too.</summary>
    public bool AllowNoncommercialWeights { get; init; }

    /// <summary>A model's folder beside those of <see cref="ModelPath"/>, named by its own path; it needs no acceptance.</summary>
    public string? Folder { get; init; }
}

[OptionsValidator]
internal sealed partial class InferenceOptionsValidator : IValidateOptions<InferenceOptions>;
