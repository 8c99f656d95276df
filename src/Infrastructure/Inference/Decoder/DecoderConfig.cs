using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>Sizes of the decoder language model (Copet et al. 2023), by the names of Hugging Face's config in comments.</summary>
/// <param name="Cardinality">vocab_size: codes of a codebook; the id after the last is the special token</param>
/// <param name="Width">hidden_size</param>
/// <param name="InnerWidth">ffn_dim</param>
/// <param name="Layers">num_hidden_layers</param>
/// <param name="Heads">num_attention_heads</param>
/// <param name="Codebooks">num_codebooks, of all channels together</param>
/// <param name="Channels">audio_channels</param>
/// <param name="Positions">max_position_embeddings</param>
internal sealed record DecoderConfig(int Cardinality, int Width, int InnerWidth, int Layers, int Heads, int Codebooks, int Channels, int Positions)
{
    public int HeadWidth => Width / Heads;

    public int CodebooksPerChannel => Codebooks / Channels;

    /// <summary>Stands where a codebook has no code yet, or none any more.</summary>
    public int SpecialToken => Cardinality;

    public static DecoderConfig Read(ConfigSection section)
    {
        section.Require("activation_function", "gelu", "gelu");
        section.Require("scale_embedding", expected: false, otherwise: false);
        section.Require("tie_word_embeddings", expected: false, otherwise: false);
        var config = new DecoderConfig(
            section.Number("vocab_size", 2, 1 << 16, 2048),
            section.Number("hidden_size", 4, 1 << 16, 1024),
            section.Number("ffn_dim", 1, 1 << 18, 4096),
            section.Number("num_hidden_layers", 1, 256, 24),
            section.Number("num_attention_heads", 1, 1 << 10, 16),
            section.Number("num_codebooks", 1, 64, 4),
            section.Number("audio_channels", 1, 2, 1),
            section.Number("max_position_embeddings", 1, 1 << 20, 2048));
        if (config.Width % config.Heads != 0 || config.Width % 2 != 0)
            throw section.Fault("hidden_size", "must be even and a multiple of num_attention_heads");
        return config.Codebooks % config.Channels == 0 ? config : throw section.Fault("num_codebooks", "must be a multiple of audio_channels");
    }
}
