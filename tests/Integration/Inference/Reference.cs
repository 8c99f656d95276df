using System.Text.Json;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Kernels;
using MusicGen.Infrastructure.Inference.Text;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>A small checkpoint, computed on the thread that made this, and what the reference implementation answers on it.</summary>
internal sealed class Reference : IDisposable
{
    /// <summary>Tests of this collection run one after the other: they share libtorch's threads, and some count its tensors.</summary>
    public const string Torch = "torch";

    private readonly SafetensorsFile _expected;
    private readonly Checkpoint _checkpoint;
    private readonly JsonElement _facts;
    private readonly IDisposable _mode = torch.inference_mode();

    /// <param name="name">Of the checkpoint.</param>
    /// <param name="decoder">One of <see cref="Decoders"/>.</param>
    /// <param name="precision">Of the decoder.</param>
    public Reference(string name, string decoder = "auto", Precision precision = Precision.Fp32)
    {
        Folder = FolderOf(name);
        _expected = SafetensorsFile.Open(Path.Combine(Folder, "expected.safetensors"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json")));
        _facts = document.RootElement.Clone();
        _checkpoint = Checkpoint.Open(Folder);
        Profile = ProfileOf(decoder, precision);
        using var scope = torch.NewDisposeScope(); // as where the product loads: what loading leaves would go at any moment of a test that counts
        Model = new MusicGenModel(_checkpoint.Config, _checkpoint, torch.CPU, LoadedModel.NewDecoder(_checkpoint.Config, _checkpoint, Profile));
        Tokenizer = T5Tokenizer.Open(Folder);
    }

    public static TheoryData<string> All => ["mono", "stereo", "melody"];

    public static TheoryData<string> WithText => ["mono", "stereo"];

    /// <summary>libtorch, and every kernel that this processor can run: on x86 the better ones are switched off in turn.</summary>
    public static IReadOnlyList<string> Decoders => ["torch", .. KernelSelection.All.Select(k => k.Name)];

    public static TheoryData<string, string> AllByDecoder => Cross(["mono", "stereo", "melody"]);

    public string Folder { get; }

    public EngineProfile Profile { get; }

    public MusicGenModel Model { get; }

    public T5Tokenizer Tokenizer { get; }

    public IReadOnlyList<string> Prompts => [.. _facts.GetProperty("prompts").EnumerateArray().Select(p => p.GetString()!)];

    /// <summary>Texts and their ids.</summary>
    public IEnumerable<(string Text, int[] Ids)> Tokens =>
        _facts.GetProperty("tokens").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(i => i.GetInt32()).ToArray()));

    /// <summary>Every row with every decoder.</summary>
    public static TheoryData<string, string> Cross(IEnumerable<string> rows) =>
        new(rows.SelectMany(_ => Decoders, (row, decoder) => (row, decoder)));

    public static EngineProfile ProfileOf(string decoder, Precision precision = Precision.Fp32) => new(
        ComputeDevice.Cpu, precision, decoder switch { "torch" => null, "auto" => KernelSelection.Best, _ => KernelSelection.Named(decoder) }, Threads: 2, CacheFolder: null);

    public static string FolderOf(string name) => Path.Combine(AppContext.BaseDirectory, "Inference", "reference", name);

    public static void NeedTorch() => Assert.SkipWhen(TorchRuntime.Problem is not null, TorchRuntime.Problem ?? string.Empty);

    public float[] Floats(string name)
    {
        var values = new float[_expected.Tensors[name].Length / sizeof(float)];
        _expected.CopyTo(_expected.Tensors[name], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>A matrix of integers by rows.</summary>
    public int[][] Rows(string name)
    {
        var entry = _expected.Tensors[name];
        var values = new int[entry.Length / sizeof(int)];
        _expected.CopyTo(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return [.. values.Chunk((int)entry.Shape[1])];
    }

    public IReadOnlyList<long> Shape(string name) => _expected.Tensors[name].Shape;

    public void Dispose()
    {
        Model.Dispose();
        _checkpoint.Dispose();
        _expected.Dispose();
        _mode.Dispose();
    }

    /// <summary>The greatest distance.</summary>
    public static double Distance(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = 0.0;
        for (var i = 0; i < actual.Length; i++)
            worst = Math.Max(worst, double.IsFinite(actual[i]) ? Math.Abs((double)actual[i] - expected[i]) : double.PositiveInfinity);
        return worst;
    }
}
