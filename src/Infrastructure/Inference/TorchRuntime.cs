using System.Runtime.InteropServices;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>The native library: loaded when it is first needed, and never fatal when it can't be.</summary>
internal static class TorchRuntime
{
    private static readonly Lock Loading = new();
    private static bool _isTried;
    private static string? _problem;

    /// <summary>Why neural models can't run here, in words for people; null when they can.</summary>
    public static string? Problem
    {
        get
        {
            lock (Loading)
            {
                if (!_isTried)
                {
                    _problem = Load();
                    _isTried = true;
                }

                return _problem;
            }
        }
    }

    /// <summary>What the options mean on this machine, a profile for each of its devices.</summary>
    /// <exception cref="CheckpointException">They ask for what it doesn't have.</exception>
    public static IReadOnlyList<EngineProfile> Profiles(InferenceOptions options)
    {
        if (Problem is { } problem)
            throw new CheckpointException(problem);
        return Profiles(options, options.Device != "cpu" && cuda.is_available() ? cuda.device_count() : 0);
    }

    /// <summary>What they mean on a machine with so many GPUs.</summary>
    /// <exception cref="CheckpointException">They ask for what it doesn't have.</exception>
    public static IReadOnlyList<EngineProfile> Profiles(InferenceOptions options, int gpus)
    {
        var devices = ComputeDevice.Of(options.Device, gpus);
        var areMixed = devices.Any(d => d.IsGpu) && devices.Any(d => !d.IsGpu);
        return [.. devices.Select(d => Profile(areMixed ? Suited(options, d.IsGpu) : options, d))];
    }

    // What only a CPU or only a GPU can do is meant for that one, where both compute.
    private static InferenceOptions Suited(InferenceOptions options, bool isGpu) => isGpu
        ? options with { Precision = options.Precision == "int8" ? "auto" : options.Precision, Decoder = options.Decoder == "torch" ? "torch" : "auto" }
        : options with { Precision = options.Precision == "fp16" ? "auto" : options.Precision };

    private static EngineProfile Profile(InferenceOptions options, ComputeDevice device)
    {
        var isGpu = device.IsGpu;
        var kernels = KernelsFor(options.Decoder, isGpu);
        var precision = options.Precision switch
        {
            "auto" => isGpu ? Precision.Fp16 : Precision.Fp32,
            "fp32" => Precision.Fp32,
            "bf16" => Precision.Bf16,
            "fp16" when !isGpu => throw new CheckpointException("fp16 needs a CUDA device. A CPU computes in fp32, bf16 or int8."),
            "fp16" => Precision.Fp16,
            _ when kernels is null => throw new CheckpointException("int8 isn't computed by libtorch. Choose fp32 or bf16, or leave INFERENCE_DEVICE at cpu and INFERENCE_DECODER at auto."),
            _ => Precision.Int8,
        };
        return new EngineProfile(device, precision, kernels, options.Threads > 0 ? options.Threads : Environment.ProcessorCount, options.CacheFolder)
        {
            MemoryLimit = options.MemoryMb > 0 ? (long)options.MemoryMb << 20 : MemoryOf(device),
        };
    }

    // Beside weights and caches there are, on a GPU, CUDA itself and the values between two layers; on a CPU everything else.
    private static long MemoryOf(ComputeDevice device) => device.Gpu is { } number
        ? CudaDriver.MemoryOf(number) / 10 * 9 ?? long.MaxValue
        : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    private static IKernels? KernelsFor(string decoder, bool isGpu) => decoder switch
    {
        "torch" => null,
        "auto" => isGpu ? null : KernelSelection.Best,
        _ when isGpu => throw new CheckpointException($"INFERENCE_DECODER {decoder} computes on a CPU. Set INFERENCE_DEVICE to cpu, or leave INFERENCE_DECODER at auto."),
        _ => KernelSelection.Named(decoder) ?? throw new CheckpointException($"This processor has no {decoder}. Leave INFERENCE_DECODER at auto."),
    };

    private static string? Load()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // libgomp's threads would spin while they wait, which starves a machine that has other work. It reads the
                // process's own environment, which .NET doesn't write to.
                if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
                    _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", 1);
                if (!Exists("libLibTorchSharp.so") || !Exists("libtorch_cpu.so"))
                    return $"This build has no libtorch for {RuntimeInformation.RuntimeIdentifier}, so neural models can't run. The composer does.";
            }

            // Full float32 everywhere: the reference's answers are met to 1e-4.
            InitializeDeviceType(DeviceType.CPU);
            backends.cuda.matmul.allow_tf32 = false;
            backends.cudnn.allow_tf32 = false;
            using var probe = zeros(1);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or NotSupportedException or TypeInitializationException or BadImageFormatException or EntryPointNotFoundException)
        {
            return $"libtorch can't be loaded, so neural models can't run ({FirstLine(e)}). The composer does.";
        }
    }

    private static bool Exists(string file) =>
        new[] { AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native") }
            .Concat((Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Any(folder => File.Exists(Path.Combine(folder, file)));

    private static string FirstLine(Exception e) => (e.InnerException ?? e).Message.Split('\n')[0].TrimEnd('.', '\r');

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(string name, string value, int overwrite);
}
