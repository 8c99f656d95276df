using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>
/// Every tensor that a model of a config has, by its published name. A checkpoint is held against this before anything of
/// it is loaded, so that a wrong config costs no memory.
/// </summary>
internal static class TensorShapes
{
    /// <summary>Name to shape, in the order of the computation.</summary>
    public static Dictionary<string, long[]> Of(MusicGenConfig config)
    {
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        AddText(shapes, config.Text);
        AddBridges(shapes, config);
        AddDecoder(shapes, config.Decoder, hasCrossAttention: config.Melody is null);
        AddCodec(shapes, config.Codec);
        return shapes;
    }

    private static void AddText(Dictionary<string, long[]> shapes, T5Config t5)
    {
        shapes["text_encoder.shared.weight"] = [t5.VocabularySize, t5.Width];
        for (var i = 0; i < t5.Layers; i++)
        {
            var block = $"text_encoder.encoder.block.{i}.layer";
            foreach (var projection in "qkv")
                shapes[$"{block}.0.SelfAttention.{projection}.weight"] = [t5.AttentionWidth, t5.Width];
            shapes[$"{block}.0.SelfAttention.o.weight"] = [t5.Width, t5.AttentionWidth];
            if (i == 0)
                shapes[$"{block}.0.SelfAttention.relative_attention_bias.weight"] = [t5.Buckets, t5.Heads];
            shapes[$"{block}.0.layer_norm.weight"] = [t5.Width];
            shapes[$"{block}.1.DenseReluDense.wi.weight"] = [t5.InnerWidth, t5.Width];
            shapes[$"{block}.1.DenseReluDense.wo.weight"] = [t5.Width, t5.InnerWidth];
            shapes[$"{block}.1.layer_norm.weight"] = [t5.Width];
        }

        shapes["text_encoder.encoder.final_layer_norm.weight"] = [t5.Width];
    }

    // A projection between equal widths doesn't exist.
    private static void AddBridges(Dictionary<string, long[]> shapes, MusicGenConfig config)
    {
        Add("enc_to_dec_proj", config.Text.Width);
        if (config.Melody is { } melody)
            Add("audio_enc_to_dec_proj", melody.Classes);

        void Add(string name, int width)
        {
            if (width == config.Decoder.Width)
                return;
            shapes[$"{name}.weight"] = [config.Decoder.Width, width];
            shapes[$"{name}.bias"] = [config.Decoder.Width];
        }
    }

    private static void AddDecoder(Dictionary<string, long[]> shapes, DecoderConfig decoder, bool hasCrossAttention)
    {
        long width = decoder.Width;
        for (var k = 0; k < decoder.Codebooks; k++)
            shapes[$"decoder.model.decoder.embed_tokens.{k}.weight"] = [decoder.Cardinality + 1, width];
        for (var i = 0; i < decoder.Layers; i++)
        {
            var layer = $"decoder.model.decoder.layers.{i}";
            AddAttention($"{layer}.self_attn");
            if (hasCrossAttention)
                AddAttention($"{layer}.encoder_attn");
            shapes[$"{layer}.fc1.weight"] = [decoder.InnerWidth, width];
            shapes[$"{layer}.fc2.weight"] = [width, decoder.InnerWidth];
            AddNorm($"{layer}.final_layer_norm");
        }

        AddNorm("decoder.model.decoder.layer_norm");
        for (var k = 0; k < decoder.Codebooks; k++)
            shapes[$"decoder.lm_heads.{k}.weight"] = [decoder.Cardinality, width];

        void AddAttention(string name)
        {
            foreach (var projection in new[] { "q_proj", "k_proj", "v_proj", "out_proj" })
                shapes[$"{name}.{projection}.weight"] = [width, width];
            AddNorm($"{name}_layer_norm");
        }

        void AddNorm(string name) => (shapes[$"{name}.weight"], shapes[$"{name}.bias"]) = ([width], [width]);
    }

    private static void AddCodec(Dictionary<string, long[]> shapes, EncodecConfig codec)
    {
        foreach (var layer in SeanetLayout.Encoder(codec).Concat(SeanetLayout.Decoder(codec)))
        {
            foreach (var (name, shape) in layer.Tensors())
                shapes[name] = shape;
        }

        for (var q = 0; q < codec.Quantizers; q++)
            shapes[$"audio_encoder.quantizer.layers.{q}.codebook.embed"] = [codec.Cardinality, codec.Width];
    }
}
