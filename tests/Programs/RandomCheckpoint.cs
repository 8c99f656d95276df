using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Programs;

/// <summary>A model's folder with random weights of a published shape, for measuring whole runs without the real ones.</summary>
internal static class RandomCheckpoint
{
    /// <summary>Writes config, weights in float32 and a small vocabulary.</summary>
    /// <param name="shape">One of <see cref="RandomModel.Shapes"/>.</param>
    /// <param name="vocabulary">A folder that has one.</param>
    /// <param name="folder">Is made.</param>
    public static void Write(string shape, string vocabulary, string folder)
    {
        Directory.CreateDirectory(folder);
        var config = RandomModel.ConfigOf(shape);
        File.WriteAllText(Path.Combine(folder, MusicGenConfig.FileName), JsonSerializer.Serialize(Describe(config)));
        File.Copy(Path.Combine(vocabulary, "spiece.model"), Path.Combine(folder, "spiece.model"), overwrite: true);

        using var file = File.Create(Path.Combine(folder, Checkpoint.SingleFile));
        var shapes = TensorShapes.Of(config);
        var (head, at) = (new Dictionary<string, object>(StringComparer.Ordinal), 0L);
        foreach (var (name, size) in shapes)
        {
            var end = at + (size.Aggregate(1L, (product, n) => product * n) * sizeof(float));
            head[name] = new { dtype = "F32", shape = size, data_offsets = new[] { at, end } };
            at = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(head);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        var model = new RandomModel(config);
        foreach (var name in shapes.Keys)
        {
            using var tensor = model.Load(name);
            file.Write(MemoryMarshal.AsBytes(tensor.data<float>().ToArray().AsSpan()));
        }
    }

    private static object Describe(MusicGenConfig config) => new
    {
        model_type = "musicgen",
        text_encoder = new
        {
            model_type = "t5",
            feed_forward_proj = "relu",
            vocab_size = config.Text.VocabularySize,
            d_model = config.Text.Width,
            d_kv = config.Text.HeadWidth,
            d_ff = config.Text.InnerWidth,
            num_layers = config.Text.Layers,
            num_heads = config.Text.Heads,
        },
        audio_encoder = new
        {
            model_type = "encodec",
            sampling_rate = config.Codec.SampleRate,
            num_filters = config.Codec.Filters,
            hidden_size = config.Codec.Width,
            codebook_size = config.Codec.Cardinality,
            upsampling_ratios = config.Codec.Ratios,
            target_bandwidths = new[] { config.Codec.Bandwidth },
            use_causal_conv = false,
            use_conv_shortcut = false,
        },
        decoder = new
        {
            activation_function = "gelu",
            vocab_size = config.Decoder.Cardinality,
            hidden_size = config.Decoder.Width,
            ffn_dim = config.Decoder.InnerWidth,
            num_hidden_layers = config.Decoder.Layers,
            num_attention_heads = config.Decoder.Heads,
            num_codebooks = config.Decoder.Codebooks,
            audio_channels = config.Decoder.Channels,
        },
    };
}
