using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>Keys and values as tensors, [B, H, capacity, d] for each layer.</summary>
internal sealed class TorchCache : IDecoderCache
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    /// <param name="config">Layers, heads and widths.</param>
    /// <param name="rows">1, or 2 under guidance.</param>
    /// <param name="capacity">Columns.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="type">Of its elements.</param>
    public TorchCache(DecoderConfig config, int rows, int capacity, Device device, ScalarType type)
    {
        Tensor Room() => empty([rows, config.Heads, capacity, config.HeadWidth], type, device).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.Layers).Select(_ => Room())];
        _values = [.. Enumerable.Range(0, config.Layers).Select(_ => Room())];
    }

    public int Length { get; private set; }

    /// <summary>Bytes that a cache of these sizes takes.</summary>
    public static long BytesFor(DecoderConfig config, int rows, int capacity, int elementBytes) =>
        2L * config.Layers * rows * config.Width * capacity * elementBytes;

    /// <summary>Takes in a layer's new keys and values and gives all until now.</summary>
    /// <param name="layer">Of the decoder.</param>
    /// <param name="keys">[B, H, T, d]</param>
    /// <param name="values">[B, H, T, d]</param>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var columns = keys.shape[2];
        _keys[layer].narrow(2, Length, columns).copy_(keys);
        _values[layer].narrow(2, Length, columns).copy_(values);
        return (_keys[layer].narrow(2, 0, Length + columns), _values[layer].narrow(2, 0, Length + columns));
    }

    /// <summary>Every layer has taken in its columns.</summary>
    public void Advance(int columns) => Length += columns;

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
            tensor.Dispose();
    }
}
