using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Encodec;

namespace MusicGen.Programs;

/// <summary>A checkpoint of a published shape with random weights: as quick as the published one, which sounds better.</summary>
internal static class RandomCheckpoint
{
    // By the names of config.json; what isn't here is as in every published model, or as the template has it.
    private static readonly Dictionary<string, (int Width, int Layers, int Heads)> Decoders = new(StringComparer.Ordinal)
    {
        ["small"] = (1024, 24, 16),
        ["medium"] = (1536, 48, 24),
        ["large"] = (2048, 48, 32),
    };

    /// <summary>Writes one.</summary>
    /// <param name="template">The folder of a model of one channel, whose vocabulary is taken over.</param>
    /// <param name="shape">small, medium or large.</param>
    /// <param name="folder">Where it goes.</param>
    public static void Write(string template, string shape, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(template))
        {
            if (Path.GetFileName(file) is { } name && !name.StartsWith("expected", StringComparison.Ordinal) && !name.EndsWith(".safetensors", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(folder, name));
        }

        WriteConfig(folder, shape);
        var tensors = TensorShapes.Of(MusicGenConfig.Read(folder));
        using var weights = File.Create(Path.Combine(folder, "model.safetensors"));
        WriteHead(weights, tensors);
        var state = 1UL;
        foreach (var (name, dimensions) in tensors)
        {
            var values = new float[dimensions.Aggregate(1L, (product, n) => product * n)];
            if (name.EndsWith("norm.weight", StringComparison.Ordinal) || name.EndsWith(ConvolutionLayer.Gain, StringComparison.Ordinal))
                Array.Fill(values, 1);
            else
                Fill(values, ref state);
            weights.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private static void WriteConfig(string folder, string shape)
    {
        var (width, layers, heads) = Decoders.TryGetValue(shape, out var known) ? known : throw new ArgumentException($"There is no shape {shape}.", nameof(shape));
        Change(folder, "config.json", root =>
        {
            Set(root["text_encoder"]!, ("vocab_size", 32128), ("d_model", 768), ("d_kv", 64), ("d_ff", 3072), ("num_layers", 12), ("num_heads", 12));
            Set(root["audio_encoder"]!, ("num_filters", 64), ("hidden_size", 128), ("codebook_dim", 128), ("codebook_size", 2048));
            root["audio_encoder"]!["target_bandwidths"] = new JsonArray(2.2);
            Set(root["decoder"]!, ("vocab_size", 2048), ("bos_token_id", 2048), ("pad_token_id", 2048), ("hidden_size", width), ("ffn_dim", 4 * width), ("num_hidden_layers", layers), ("num_attention_heads", heads));
            Set(root, ("decoder_start_token_id", 2048));
        });
        Change(folder, "generation_config.json", root => Set(root, ("decoder_start_token_id", 2048), ("pad_token_id", 2048), ("bos_token_id", 2048)));
    }

    private static void Change(string folder, string name, Action<JsonNode> change)
    {
        var path = Path.Combine(folder, name);
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        change(root);
        File.WriteAllText(path, root.ToJsonString());
    }

    private static void Set(JsonNode section, params (string Name, int Value)[] numbers)
    {
        foreach (var (name, value) in numbers)
            section[name] = value;
    }

    private static void WriteHead(Stream file, Dictionary<string, long[]> tensors)
    {
        var (head, at) = (new JsonObject(), 0L);
        foreach (var (name, dimensions) in tensors)
        {
            var end = at + (4 * dimensions.Aggregate(1L, (product, n) => product * n));
            head[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. dimensions.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(at, end),
            };
            at = end;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(head);
        file.Write(BitConverter.GetBytes((long)bytes.Length));
        file.Write(bytes);
    }

    // Of the size that trained weights have: within 0.03.
    private static void Fill(Span<float> values, ref ulong state)
    {
        foreach (ref var value in values)
        {
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            value = ((int)BitOperations.RotateLeft(z, 32) >> 8) * (0.03f / (1 << 23));
        }
    }
}
