using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>A whole model as its config.json and generation_config.json say.</summary>
/// <param name="Text">The text encoder.</param>
/// <param name="Decoder">The language model over codes.</param>
/// <param name="Codec">From codes to sound and back.</param>
/// <param name="Melody">Null where the model follows no melody.</param>
internal sealed record MusicGenConfig(T5Config Text, DecoderConfig Decoder, EncodecConfig Codec, MelodyConfig? Melody)
{
    public const string FileName = "config.json";
    private const string GenerationFileName = "generation_config.json";

    /// <summary>Reads both files of a model's folder.</summary>
    /// <exception cref="CheckpointException">They don't describe a model that can run here; the fault is named.</exception>
    public static MusicGenConfig Read(string folder)
    {
        var root = ConfigSection.Read(folder, FileName);
        var type = root.Text("model_type", string.Empty);
        if (type is not ("musicgen" or "musicgen_melody"))
            throw root.Fault("model_type", "must be \"musicgen\" or \"musicgen_melody\"");

        var decoder = DecoderConfig.Read(root.Section("decoder"));
        var codec = EncodecConfig.Read(root.Section("audio_encoder"));
        if (codec.Quantizers != decoder.CodebooksPerChannel || codec.Cardinality != decoder.Cardinality)
            throw root.Fault("audio_encoder", "has other codebooks than the decoder");
        CheckSpecialTokens(folder, root, decoder);
        return new MusicGenConfig(
            T5Config.Read(root.Section("text_encoder")), decoder, codec,
            type == "musicgen_melody" ? MelodyConfig.Read(root) : null);
    }

    private static void CheckSpecialTokens(string folder, ConfigSection root, DecoderConfig decoder)
    {
        var generation = File.Exists(Path.Combine(folder, GenerationFileName)) ? ConfigSection.Read(folder, GenerationFileName) : root;
        foreach (var name in new[] { "decoder_start_token_id", "pad_token_id" })
        {
            if (generation.Number(name, 0, int.MaxValue, decoder.SpecialToken) != decoder.SpecialToken)
                throw generation.Fault(name, $"must be {decoder.SpecialToken}, the id after the last code");
        }
    }
}

/// <summary>What a melody model is conditioned on.</summary>
/// <param name="Classes">num_chroma: pitch classes</param>
/// <param name="Frames">chroma_length: of the prefix</param>
internal sealed record MelodyConfig(int Classes, int Frames)
{
    public static MelodyConfig Read(ConfigSection root) => new(root.Number("num_chroma", 12, 12, 12), root.Number("chroma_length", 1, 4096, 235));
}
