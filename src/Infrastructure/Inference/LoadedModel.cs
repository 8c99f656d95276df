using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Text;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A model in memory, with its vocabulary.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(MusicGenModel model, T5Tokenizer tokenizer, int elementBytes, long bytes) =>
        (Model, Tokenizer, ElementBytes, Bytes) = (model, tokenizer, elementBytes, bytes);

    public MusicGenModel Model { get; }

    public T5Tokenizer Tokenizer { get; }

    /// <summary>Of one number of the decoder.</summary>
    public int ElementBytes { get; }

    /// <summary>Of all weights.</summary>
    public long Bytes { get; }

    /// <summary>Loads a folder's model, on the thread that will compute with it.</summary>
    /// <exception cref="CheckpointException">The folder holds no model that can run here.</exception>
    public static LoadedModel Load(string folder, EngineProfile profile)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var tokenizer = T5Tokenizer.Open(folder).For(checkpoint.Config.Text);
        using var scope = NewDisposeScope();
        using var _ = inference_mode();
        var model = new MusicGenModel(checkpoint.Config, checkpoint, new Device(profile.Device), profile.Precision);
        return new LoadedModel(model, tokenizer, BytesOf(profile.Precision), BytesFor(checkpoint.Config, profile.Precision));
    }

    /// <summary>A model of float32 that somebody else loaded, and disposes.</summary>
    public static LoadedModel Of(MusicGenModel model, T5Tokenizer tokenizer) => new(model, tokenizer, sizeof(float), BytesFor(model.Config, ScalarType.Float32));

    /// <summary>What a model's weights take.</summary>
    public static long BytesFor(MusicGenConfig config, ScalarType precision) => TensorShapes.Of(config)
        .Sum(t => t.Value.Aggregate(1L, (product, n) => product * n) * (t.Key.StartsWith("decoder.", StringComparison.Ordinal) ? BytesOf(precision) : 4));

    public void Dispose() => Model.Dispose();

    private static int BytesOf(ScalarType type) => type == ScalarType.Float32 ? 4 : 2;
}
