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

    /// <summary>What the options mean on this machine.</summary>
    /// <exception cref="CheckpointException">They ask for what it doesn't have.</exception>
    public static EngineProfile Profile(InferenceOptions options)
    {
        if (Problem is { } problem)
            throw new CheckpointException(problem);
        var hasGpu = options.Device != "cpu" && cuda.is_available();
        if (options.Device == "cuda" && !hasGpu)
            throw new CheckpointException("There is no CUDA device here, or this build has no CUDA support. Set INFERENCE_DEVICE to cpu or auto.");
        var device = hasGpu ? DeviceType.CUDA : DeviceType.CPU;
        var kernels = KernelsFor(options.Decoder, hasGpu);
        var precision = options.Precision switch
        {
            "auto" => hasGpu ? Precision.Fp16 : Precision.Fp32,
            "fp32" => Precision.Fp32,
            "bf16" => Precision.Bf16,
            "fp16" when !hasGpu => throw new CheckpointException("fp16 needs a CUDA device. A CPU computes in fp32, bf16 or int8."),
            "fp16" => Precision.Fp16,
            _ when kernels is null => throw new CheckpointException("int8 isn't computed by libtorch. Choose fp32 or bf16, or leave INFERENCE_DEVICE at cpu and INFERENCE_DECODER at auto."),
            _ => Precision.Int8,
        };
        return new EngineProfile(device, precision, kernels, options.Threads > 0 ? options.Threads : Environment.ProcessorCount, options.CacheFolder);
    }

    private static IKernels? KernelsFor(string decoder, bool hasGpu) => decoder switch
    {
        "torch" => null,
        "auto" => hasGpu ? null : KernelSelection.Best,
        _ when hasGpu => throw new CheckpointException($"INFERENCE_DECODER {decoder} computes on a CPU. Set INFERENCE_DEVICE to cpu, or leave INFERENCE_DECODER at auto."),
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
