using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference;

/// <summary>What models compute on, as INFERENCE_DEVICE names it.</summary>
/// <param name="Gpu">The number that CUDA gives it; null for the processor.</param>
public readonly record struct ComputeDevice(int? Gpu)
{
    private const string Forms = "must be auto, cpu, cuda (every GPU), or a list of devices, each once, as in cuda:0,cuda:2 or cuda:0,cpu.";

    public static ComputeDevice Cpu => new(null);

    public bool IsGpu => Gpu is not null;

    public string Name => Gpu is { } number ? FormattableString.Invariant($"cuda:{number}") : "cpu";

    /// <summary>A setting as it is kept: in small letters, without blanks.</summary>
    /// <exception cref="FormatException">It names no devices.</exception>
    public static string Check(string setting)
    {
        var names = setting.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries);
        return names is ["auto" or "cuda"] || (names.All(n => Named(n) is not null) && names.Distinct(StringComparer.Ordinal).Count() == names.Length)
            ? string.Join(',', names)
            : throw new FormatException(Forms);
    }

    /// <summary>The devices that a setting means, in its order.</summary>
    /// <param name="setting">As <see cref="Check"/> gives it.</param>
    /// <param name="gpus">How many this machine has.</param>
    /// <exception cref="CheckpointException">One of them isn't there.</exception>
    internal static IReadOnlyList<ComputeDevice> Of(string setting, int gpus)
    {
        if (setting == "auto" && gpus == 0)
            return [Cpu];
        var devices = setting is "auto" or "cuda"
            ? [.. Enumerable.Range(0, Math.Max(gpus, 1)).Select(gpu => new ComputeDevice(gpu))]
            : setting.Split(',').Select(name => Named(name) ?? throw new CheckpointException($"INFERENCE_DEVICE {Forms}")).ToList();
        return devices.Find(d => d.Gpu >= gpus) is not { IsGpu: true } missing
            ? devices
            : throw new CheckpointException(gpus == 0
                ? "There is no CUDA device here, or this build has no CUDA support. Set INFERENCE_DEVICE to cpu or auto."
                : $"There is no {missing.Name} here: the last one is {new ComputeDevice(gpus - 1).Name}. Set INFERENCE_DEVICE to devices that are there, or to auto.");
    }

    private static ComputeDevice? Named(string name)
    {
        if (name == Cpu.Name)
            return Cpu;
        return name.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(name.AsSpan(5), out var number) && new ComputeDevice(number) is var gpu && gpu.Name == name
            ? gpu
            : null;
    }
}
