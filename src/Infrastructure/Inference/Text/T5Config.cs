using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference.Text;

/// <summary>Sizes of a T5 encoder (Raffel et al. 2020), by the names of Hugging Face's config in comments.</summary>
/// <param name="VocabularySize">vocab_size</param>
/// <param name="Width">d_model</param>
/// <param name="HeadWidth">d_kv</param>
/// <param name="InnerWidth">d_ff</param>
/// <param name="Layers">num_layers</param>
/// <param name="Heads">num_heads</param>
/// <param name="Buckets">relative_attention_num_buckets</param>
/// <param name="MaxDistance">relative_attention_max_distance</param>
/// <param name="Epsilon">layer_norm_epsilon</param>
internal sealed record T5Config(
    int VocabularySize, int Width, int HeadWidth, int InnerWidth, int Layers, int Heads, int Buckets, int MaxDistance, double Epsilon)
{
    public int AttentionWidth => Heads * HeadWidth;

    public static T5Config Read(ConfigSection section)
    {
        section.Require("model_type", "t5", "t5");
        section.Require("feed_forward_proj", "relu", "relu");
        return new T5Config(
            section.Number("vocab_size", 3, 1 << 20, 32128),
            section.Number("d_model", 1, 1 << 16, 512),
            section.Number("d_kv", 1, 1 << 12, 64),
            section.Number("d_ff", 1, 1 << 18, 2048),
            section.Number("num_layers", 1, 256, 6),
            section.Number("num_heads", 1, 1 << 10, 8),
            EvenBuckets(section),
            section.Number("relative_attention_max_distance", 2, 1 << 16, 128),
            section.Real("layer_norm_epsilon", 1e-12, 1, 1e-6));
    }

    private static int EvenBuckets(ConfigSection section)
    {
        var buckets = section.Number("relative_attention_num_buckets", 4, 4096, 32);
        return buckets % 4 == 0 ? buckets : throw section.Fault("relative_attention_num_buckets", "must be a multiple of 4");
    }
}
