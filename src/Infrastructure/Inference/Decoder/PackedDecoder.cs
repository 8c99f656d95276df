using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Kernels;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// All weights of the decoder in one block of memory, in the order in which a pass reads them. The block's layout follows
/// from the sizes alone, so it can be written to a file and read back as it is.
/// </summary>
internal sealed unsafe class PackedDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private long _end;

    private PackedDecoder(DecoderConfig config, bool hasCrossAttention, WeightType type, NativeBlock? block)
    {
        (_config, Type, Block) = (config, type, block!);
        var h = config.Width;
        Layers = [.. Enumerable.Range(0, config.Layers).Select(_ => new PackedLayer(
            Norm(), Matrix(3 * h, h, type), Matrix(h, h, type),
            hasCrossAttention ? Norm() : default, hasCrossAttention ? Matrix(h, h, type) : default, hasCrossAttention ? Matrix(h, h, type) : default,
            Norm(), Matrix(config.InnerWidth, h, type), Matrix(h, config.InnerWidth, type)))];

        // Guidance enlarges what distinguishes two scores, and the heads are few: they don't become int8.
        var fine = type == WeightType.Float32 ? WeightType.Float32 : WeightType.BFloat16;
        Final = Norm();
        Heads = Matrix(config.Codebooks * config.Cardinality, h, fine);
        Texts = hasCrossAttention ? [.. Enumerable.Range(0, config.Layers).Select(_ => Matrix(2 * h, h, type))] : [];
        EmbeddingType = fine;
        Embeddings = Take((long)config.Codebooks * (config.Cardinality + 1) * h * PackedMatrix.ElementBytes(fine));
    }

    /// <summary>Of the layers' matrices.</summary>
    public WeightType Type { get; }

    public NativeBlock Block { get; }

    public IReadOnlyList<PackedLayer> Layers { get; }

    public PackedNorm Final { get; }

    /// <summary>[codebooks · cardinality, h]</summary>
    public PackedMatrix Heads { get; }

    /// <summary>For each layer what makes keys and values of the text, [2h, h]; none without cross-attention.</summary>
    public IReadOnlyList<PackedMatrix> Texts { get; }

    /// <summary>[codebooks · (cardinality + 1), h] by rows, float32 or bfloat16.</summary>
    public nint Embeddings { get; }

    public WeightType EmbeddingType { get; }

    /// <summary>Bytes of the block for a model of these sizes.</summary>
    public static long BytesFor(DecoderConfig config, bool hasCrossAttention, WeightType type)
    {
        using var measured = new PackedDecoder(config, hasCrossAttention, type, null);
        return measured._end;
    }

    /// <summary>An empty one, to be filled.</summary>
    public static PackedDecoder Allocate(DecoderConfig config, bool hasCrossAttention, WeightType type) =>
        new(config, hasCrossAttention, type, new NativeBlock(BytesFor(config, hasCrossAttention, type)));

    /// <summary>Packs a checkpoint's weights.</summary>
    public static PackedDecoder Pack(DecoderConfig config, bool hasCrossAttention, IWeights weights, WeightType type)
    {
        var packed = Allocate(config, hasCrossAttention, type);
        try
        {
            packed.Fill(weights);
            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    public void Dispose() => Block?.Dispose();

    /// <summary>Takes in a checkpoint's weights.</summary>
    public void Fill(IWeights weights)
    {
        var h = _config.Width;
        for (var i = 0; i < Layers.Count; i++)
        {
            var (layer, prefix) = (Layers[i], $"decoder.model.decoder.layers.{i}");
            FillNorm(layer.SelfNorm, weights, $"{prefix}.self_attn_layer_norm");
            FillRows(layer.SelfInput, weights, h, $"{prefix}.self_attn.q_proj", $"{prefix}.self_attn.k_proj", $"{prefix}.self_attn.v_proj");
            FillRows(layer.SelfOutput, weights, h, $"{prefix}.self_attn.out_proj");
            if (Texts.Count > 0)
            {
                FillNorm(layer.CrossNorm, weights, $"{prefix}.encoder_attn_layer_norm");
                FillRows(layer.CrossQuery, weights, h, $"{prefix}.encoder_attn.q_proj");
                FillRows(Texts[i], weights, h, $"{prefix}.encoder_attn.k_proj", $"{prefix}.encoder_attn.v_proj");
                FillRows(layer.CrossOutput, weights, h, $"{prefix}.encoder_attn.out_proj");
            }

            FillNorm(layer.InnerNorm, weights, $"{prefix}.final_layer_norm");
            FillRows(layer.Inner, weights, h, $"{prefix}.fc1");
            FillRows(layer.Outer, weights, _config.InnerWidth, $"{prefix}.fc2");
        }

        FillNorm(Final, weights, "decoder.model.decoder.layer_norm");
        FillRows(Heads, weights, h, [.. Enumerable.Range(0, _config.Codebooks).Select(k => $"decoder.lm_heads.{k}")]);
        var table = (_config.Cardinality + 1) * h;
        for (var k = 0; k < _config.Codebooks; k++)
            FillEmbeddings(Values(weights, $"decoder.model.decoder.embed_tokens.{k}.weight"), (long)k * table);
    }

    private static void FillRows(PackedMatrix matrix, IWeights weights, int inputs, params string[] names)
    {
        var first = 0;
        foreach (var name in names)
        {
            var values = Values(weights, $"{name}.weight");
            matrix.Fill(values, inputs, first);
            first += values.Length / inputs;
        }
    }

    private static void FillNorm(PackedNorm norm, IWeights weights, string name)
    {
        Values(weights, $"{name}.weight").CopyTo(new Span<float>((float*)norm.Weight, int.MaxValue));
        Values(weights, $"{name}.bias").CopyTo(new Span<float>((float*)norm.Bias, int.MaxValue));
    }

    private void FillEmbeddings(ReadOnlySpan<float> values, long at)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (EmbeddingType == WeightType.Float32)
                ((float*)Embeddings)[at + i] = values[i];
            else
                ((ushort*)Embeddings)[at + i] = Halves.Of(values[i]);
        }
    }

    private static float[] Values(IWeights weights, string name)
    {
        using var scope = NewDisposeScope();
        return weights.Load(name).data<float>().ToArray();
    }

    private PackedNorm Norm()
    {
        var bytes = (long)_config.Width * sizeof(float);
        return new PackedNorm(Take(bytes), Take(bytes));
    }

    private PackedMatrix Matrix(int outputs, int inputs, WeightType type)
    {
        var (data, scales) = PackedMatrix.Sizes(outputs, inputs, type);
        return new PackedMatrix(Take(data), Take(scales), outputs, Elements.Pad(inputs), type);
    }

    private nint Take(long bytes)
    {
        var start = _end;
        _end += (bytes + NativeBlock.Alignment - 1) / NativeBlock.Alignment * NativeBlock.Alignment;
        return Block is null ? 0 : (nint)(Block.Start + start);
    }
}

/// <summary>One layer's weights; those of cross-attention are empty in a model without.</summary>
internal sealed record PackedLayer(
    PackedNorm SelfNorm, PackedMatrix SelfInput, PackedMatrix SelfOutput,
    PackedNorm CrossNorm, PackedMatrix CrossQuery, PackedMatrix CrossOutput,
    PackedNorm InnerNorm, PackedMatrix Inner, PackedMatrix Outer);

/// <summary>A layer norm's two vectors of float32.</summary>
internal readonly record struct PackedNorm(nint Weight, nint Bias);
