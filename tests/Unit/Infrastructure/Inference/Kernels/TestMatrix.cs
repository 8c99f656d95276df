using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>A packed matrix, read back by what its documentation says of where each element lies.</summary>
internal sealed unsafe class TestMatrix : IDisposable
{
    private readonly NativeBlock _data;
    private readonly NativeBlock _scales;

    public TestMatrix(ReadOnlySpan<float> weights, int outputs, int inputs, WeightType type)
    {
        var (data, scales) = PackedMatrix.Sizes(outputs, inputs, type);
        (_data, _scales) = (new NativeBlock(data), new NativeBlock(scales));
        Packed = new PackedMatrix((nint)_data.Start, (nint)_scales.Start, outputs, Elements.Pad(inputs), type);
        Packed.Fill(weights, inputs, 0);
    }

    public PackedMatrix Packed { get; }

    /// <summary>Outputs with those that fill up the last tile.</summary>
    public int FilledOutputs => Packed.Tiles * PackedMatrix.TileHeight;

    /// <summary>int8: what a step of an output means.</summary>
    public float Step(int output) => ((float*)_scales.Start)[output];

    /// <summary>A weight as it was rounded.</summary>
    public double this[int output, int input]
    {
        get
        {
            const int Tile = PackedMatrix.TileHeight, Chunk = Elements.Chunk, Half = Chunk / 2;
            var chunk = ((((output / Tile * (Packed.Inputs / Chunk)) + (input / Chunk)) * Tile) + (output % Tile)) * Chunk;
            var i = input % Chunk;
            return Packed.Type switch
            {
                WeightType.Float32 => ((float*)_data.Start)[chunk + i],
                WeightType.BFloat16 => Halves.ToFloat(((ushort*)_data.Start)[chunk + (2 * (i % Half)) + (i / Half)]),
                _ => (double)((sbyte*)_data.Start)[chunk + i] * Step(output),
            };
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        _scales.Dispose();
    }
}
