using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>Keys and values of one or two rows in all layers, as <see cref="HeadCache"/> lays them out.</summary>
internal sealed unsafe class SimdCache : IDecoderCache, IHeardText
{
    private readonly NativeBlock _block;
    private readonly int _rows;
    private readonly long _bytes; // of one row in one layer
    private readonly HeadCache _shape;

    public SimdCache(DecoderConfig config, int rows, int capacity, WeightType type)
    {
        _rows = rows;
        _bytes = HeadCache.BytesFor(config.Heads, capacity, config.HeadWidth, type);
        _shape = new HeadCache(0, HeadCache.Pad(capacity), config.HeadWidth, type);
        _block = new NativeBlock(_bytes * rows * config.Layers);
    }

    public int Length { get; private set; }

    public int Capacity => _shape.Capacity;

    public static long BytesFor(DecoderConfig config, int rows, int capacity, WeightType type) =>
        HeadCache.BytesFor(config.Heads, capacity, config.HeadWidth, type) * rows * config.Layers;

    public HeadCache Of(int layer, int row) => _shape with { Start = (nint)(_block.Start + (((layer * _rows) + row) * _bytes)) };

    /// <summary>Every layer has taken in its columns.</summary>
    public void Advance(int columns) => Length += columns;

    public void Dispose() => _block.Dispose();
}
