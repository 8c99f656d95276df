using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>Keys and values as tensors, [2, B, H, capacity, d] for each layer.</summary>
internal sealed class TorchCache : IDecoderCache
{
    private readonly Tensor[] _layers;

    /// <param name="config">Layers, heads and widths.</param>
    /// <param name="rows">1, or 2 under guidance.</param>
    /// <param name="capacity">Columns.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="type">Of its elements.</param>
    public TorchCache(DecoderConfig config, int rows, int capacity, Device device, ScalarType type) =>
        _layers = [.. Enumerable.Range(0, config.Layers).Select(_ => empty([2, rows, config.Heads, capacity, config.HeadWidth], type, device).DetachFromDisposeScope())];

    public int Length { get; private set; }

    /// <summary>Bytes that a cache of these sizes takes.</summary>
    public static long BytesFor(DecoderConfig config, int rows, int capacity, int elementBytes) =>
        2L * config.Layers * rows * config.Width * capacity * elementBytes;

    /// <summary>Takes in a layer's new keys and values and gives all until now, [B, H, P, d] each.</summary>
    /// <param name="layer">Of the decoder.</param>
    /// <param name="added">[2, B, H, T, d]</param>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor added)
    {
        var columns = added.shape[3];
        _layers[layer].narrow(3, Length, columns).copy_(added);
        var past = _layers[layer].narrow(3, 0, Length + columns);
        return (past.select(0, 0), past.select(0, 1));
    }

    /// <summary>Every layer has taken in its columns.</summary>
    public void Advance(int columns) => Length += columns;

    public void Dispose()
    {
        foreach (var tensor in _layers)
            tensor.Dispose();
    }
}
