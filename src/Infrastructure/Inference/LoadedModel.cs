using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Text;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A model in memory, with its vocabulary.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Checkpoint? _checkpoint;

    private LoadedModel(MusicGenModel model, Checkpoint? checkpoint, T5Tokenizer tokenizer, long bytes) =>
        (Model, _checkpoint, Tokenizer, Bytes) = (model, checkpoint, tokenizer, bytes);

    public MusicGenModel Model { get; }

    public T5Tokenizer Tokenizer { get; }

    /// <summary>Of all weights.</summary>
    public long Bytes { get; }

    /// <summary>Loads a folder's model, on the thread that will compute with it.</summary>
    /// <param name="folder">In the Hugging Face layout.</param>
    /// <param name="profile">How it is computed.</param>
    /// <param name="packed">Where packed weights are kept.</param>
    /// <exception cref="CheckpointException">The folder holds no model that can run here.</exception>
    public static LoadedModel Load(string folder, EngineProfile profile, PackedWeightsCache packed)
    {
        var checkpoint = Checkpoint.Open(folder);
        IDecoder? decoder = null;
        try
        {
            var tokenizer = T5Tokenizer.Open(folder).For(checkpoint.Config.Text);
            using var scope = NewDisposeScope();
            using var _ = inference_mode();
            decoder = NewDecoder(checkpoint.Config, checkpoint, profile, () => packed.Load(folder, checkpoint, profile.WeightType));
            var model = new MusicGenModel(checkpoint.Config, checkpoint, profile.TorchDevice, decoder);
            return new LoadedModel(model, checkpoint, tokenizer, BytesFor(checkpoint.Config, profile));
        }
        catch
        {
            decoder?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>A model of float32 that somebody else loaded, and disposes.</summary>
    public static LoadedModel Of(MusicGenModel model, T5Tokenizer tokenizer) => new(model, null, tokenizer, 0);

    /// <summary>What a model's weights take.</summary>
    public static long BytesFor(MusicGenConfig config, EngineProfile profile)
    {
        var shapes = TensorShapes.Of(config).Select(t => (IsDecoder: t.Key.StartsWith("decoder.", StringComparison.Ordinal), Count: t.Value.Aggregate(1L, (product, n) => product * n))).ToList();
        var others = shapes.Where(s => !s.IsDecoder).Sum(s => s.Count) * sizeof(float);
        return others + (profile.Kernels is null
            ? shapes.Where(s => s.IsDecoder).Sum(s => s.Count) * (profile.Precision == Precision.Fp32 ? sizeof(float) : sizeof(ushort))
            : PackedDecoder.BytesFor(config.Decoder, config.Melody is null, profile.WeightType));
    }

    /// <summary>What a song's keys and values take.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="profile">How they are computed.</param>
    /// <param name="rows">1, or 2 under guidance.</param>
    /// <param name="capacity">Columns.</param>
    public static long CacheBytesFor(MusicGenConfig config, EngineProfile profile, int rows, int capacity) => profile.Kernels is null
        ? TorchCache.BytesFor(config.Decoder, rows, capacity, profile.Precision == Precision.Fp32 ? sizeof(float) : sizeof(ushort))
        : SimdCache.BytesFor(config.Decoder, rows, capacity, SimdDecoder.CacheType(profile.WeightType));

    /// <summary>The decoder that a profile asks for.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="weights">Of a checkpoint.</param>
    /// <param name="profile">How it is computed.</param>
    /// <param name="pack">Gives the packed weights; null packs them anew.</param>
    public static IDecoder NewDecoder(MusicGenConfig config, IWeights weights, EngineProfile profile, Func<PackedDecoder>? pack = null)
    {
        var hasCrossAttention = config.Melody is null;
        return profile.Kernels is null
            ? new TorchDecoder(config.Decoder, hasCrossAttention, weights, profile.TorchDevice, profile.ScalarType)
            : new SimdDecoder(
                config.Decoder, pack?.Invoke() ?? PackedDecoder.Pack(config.Decoder, hasCrossAttention, weights, profile.WeightType), profile.Kernels, profile.Threads);
    }

    public void Dispose()
    {
        Model.Dispose();
        _checkpoint?.Dispose();
    }
}
