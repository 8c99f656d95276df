namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>
/// Weights [outputs, inputs] as the kernels read them, one stream from the first byte to the last: for every four outputs,
/// for every 32 inputs, the first output's chunk, the second's and so on. The ends are filled up with zeros.
/// </summary>
/// <param name="Data">64-byte aligned.</param>
/// <param name="Scales">int8: what a step of each output means.</param>
/// <param name="Outputs">Rows of the weights.</param>
/// <param name="Inputs">Columns of the weights, filled up to chunks.</param>
/// <param name="Type">Of the elements.</param>
internal readonly unsafe record struct PackedMatrix(nint Data, nint Scales, int Outputs, int Inputs, WeightType Type)
{
    /// <summary>Outputs that are computed together.</summary>
    public const int TileHeight = 4;

    public int Tiles => (Outputs + TileHeight - 1) / TileHeight;

    public int TileBytes => TileHeight * Inputs * ElementBytes(Type);

    public static int ElementBytes(WeightType type) => type switch { WeightType.Float32 => 4, WeightType.BFloat16 => 2, _ => 1 };

    /// <summary>Bytes of the data and of the scales.</summary>
    public static (long Data, long Scales) Sizes(int outputs, int inputs, WeightType type)
    {
        var rows = (long)(outputs + TileHeight - 1) / TileHeight * TileHeight;
        return (rows * Elements.Pad(inputs) * ElementBytes(type), type == WeightType.Int8 ? rows * sizeof(float) : 0);
    }

    /// <summary>Takes in the weights of some outputs.</summary>
    /// <param name="weights">[count, inputs], by rows.</param>
    /// <param name="inputs">Before they were filled up.</param>
    /// <param name="first">The first output of them.</param>
    public void Fill(ReadOnlySpan<float> weights, int inputs, int first)
    {
        for (var row = 0; row < weights.Length / inputs; row++)
            FillRow(weights.Slice(row * inputs, inputs), first + row);
    }

    private void FillRow(ReadOnlySpan<float> weights, int output)
    {
        var elementBytes = ElementBytes(Type);
        var start = (byte*)Data + ((long)(output / TileHeight) * TileBytes) + (output % TileHeight * Elements.Chunk * elementBytes);
        var step = 1f;
        if (Type == WeightType.Int8)
        {
            var largest = 0f;
            foreach (var weight in weights)
                largest = MathF.Max(largest, MathF.Abs(weight));
            step = largest / sbyte.MaxValue;
            ((float*)Scales)[output] = step;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            var chunk = start + ((long)(i / Elements.Chunk) * TileHeight * Elements.Chunk * elementBytes);
            switch (Type)
            {
                case WeightType.Float32:
                    Singles<float, int>.Put(chunk, i % Elements.Chunk, weights[i]);
                    break;
                case WeightType.BFloat16:
                    BrainFloats<float, int>.Put(chunk, i % Elements.Chunk, weights[i]);
                    break;
                default:
                    ((sbyte*)chunk)[i % Elements.Chunk] = step == 0 ? (sbyte)0 : (sbyte)MathF.Round(weights[i] / step);
                    break;
            }
        }
    }
}
