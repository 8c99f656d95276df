using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Integration.Inference;

/// <summary>Folders of models as people have them, and as nobody should.</summary>
[Collection(Reference.Torch)]
public sealed class CheckpointTests : IDisposable
{
    private readonly ModelFolders _models = new();

    public CheckpointTests() => Reference.NeedTorch();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData("mono", "decoder.model.decoder.layers.1.fc1.weight")]
    [InlineData("stereo", "audio_encoder.decoder.layers.0.conv.parametrizations.weight.original1")]
    [InlineData("melody", "audio_enc_to_dec_proj.bias")]
    public void A_missing_tensor_is_named(string name, string tensor)
    {
        var folder = _models.Add(name, "acme/x");
        Rewrite(folder, tensors => tensors.Remove(tensor));

        var named = tensor.Replace("parametrizations.weight.original1", "weight_v", StringComparison.Ordinal);
        Assert.Equal($"The weights lack {named}.", Refusal(folder));
    }

    [Fact]
    public void A_tensor_that_nothing_uses_is_named()
    {
        var folder = _models.Add("mono", "acme/x");
        Rewrite(folder, tensors => tensors["decoder.model.decoder.layers.3.fc1.weight"] = tensors["decoder.model.decoder.layers.2.fc1.weight"]);

        Assert.Equal("The weights hold decoder.model.decoder.layers.3.fc1.weight, which no part of the model uses.", Refusal(folder));
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both()
    {
        var folder = _models.Add("mono", "acme/x");
        Configure(folder, config => config["decoder"]!["ffn_dim"] = 128);

        Assert.Equal("decoder.model.decoder.layers.0.fc1.weight has the shape [96, 48] instead of [128, 48].", Refusal(folder));
    }

    [Fact]
    public void A_model_in_several_files_is_the_same_model()
    {
        var folder = _models.Add("stereo", "acme/x");
        using (var whole = Checkpoint.Open(folder))
        using (var expected = whole.Load("decoder.lm_heads.7.weight"))
        {
            Shard(folder, 3);
            using var sharded = Checkpoint.Open(folder);
            using var actual = sharded.Load("decoder.lm_heads.7.weight");

            Assert.Equal(whole.Parameters, sharded.Parameters);
            Assert.True(actual.equal(expected).all().item<bool>());
        }

        Assert.False(File.Exists(Path.Combine(folder, Checkpoint.SingleFile)));
    }

    [Theory]
    [InlineData("../../etc/passwd.safetensors", "none of the model's folder")]
    [InlineData("a\\b.safetensors", "none of the model's folder")]
    [InlineData("config.json", "none of the model's folder")]
    [InlineData("gone.safetensors", "gone.safetensors can't be read: it isn't there")]
    [InlineData("shard-0.safetensors", "which model.safetensors.index.json says it holds")]
    public void An_index_that_points_elsewhere_is_refused(string file, string reason)
    {
        var folder = _models.Add("mono", "acme/x");
        Shard(folder, 2);
        var path = Path.Combine(folder, Checkpoint.IndexFile);
        var index = JsonNode.Parse(File.ReadAllText(path))!;
        var map = index["weight_map"]!.AsObject();
        var last = map.Last(m => m.Value!.GetValue<string>() == "shard-1.safetensors").Key;
        map[last] = file;
        File.WriteAllText(path, index.ToJsonString());

        Assert.Contains(reason, Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("decoder", "activation_function", "relu")]
    [InlineData("decoder", "num_codebooks", 3)]
    [InlineData("decoder", "num_attention_heads", 7)]
    [InlineData("decoder", "hidden_size", -48)]
    [InlineData("decoder", "hidden_size", 4_000_000_000L)]
    [InlineData("audio_encoder", "use_causal_conv", true)]
    [InlineData("audio_encoder", "norm_type", "time_group_norm")]
    [InlineData("audio_encoder", "audio_channels", 2)]
    [InlineData("text_encoder", "feed_forward_proj", "gated-gelu")]
    [InlineData("text_encoder", "model_type", "bert")]
    public void A_config_that_computes_otherwise_is_refused_by_its_field(string section, string field, object value)
    {
        var folder = _models.Add("mono", "acme/x");
        Configure(folder, config => config[section]![field] = JsonValue.Create(value));

        var refusal = Refusal(folder);

        Assert.StartsWith("config.json: ", refusal, StringComparison.Ordinal);
        Assert.Contains(section, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_vocabulary_is_refused()
    {
        var folder = _models.Add("stereo", "acme/x");
        File.Delete(Path.Combine(folder, "spiece.model"));

        Assert.Equal("Neither spiece.model nor tokenizer.json is there.", Assert.Throws<CheckpointException>(() => T5Tokenizer.Open(folder)).Message);
        File.WriteAllText(Path.Combine(folder, "spiece.model"), "no vocabulary");
        Assert.StartsWith("spiece.model can't be read", Assert.Throws<CheckpointException>(() => T5Tokenizer.Open(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_the_text_encoder_does_not_know_is_refused()
    {
        using var reference = new Reference("mono");

        var refusal = Assert.Throws<CheckpointException>(() => reference.Tokenizer.For(reference.Model.Config.Text with { VocabularySize = 100 }));

        Assert.Contains("more pieces than the 100", refusal.Message, StringComparison.Ordinal);
        Assert.Same(reference.Tokenizer, reference.Tokenizer.For(reference.Model.Config.Text));
    }

    // Both kinds of vocabulary are one: the same text has the same tokens.
    [Fact]
    public void Both_kinds_of_vocabulary_give_the_same_tokens()
    {
        var folder = _models.Add("mono", "acme/x");
        var pieces = T5Tokenizer.Open(folder);
        File.Delete(Path.Combine(folder, "spiece.model"));
        var json = T5Tokenizer.Open(folder);

        foreach (var text in new[] { "a calm piano", "Ｆｕｌｌ ﬁ 🎹", "a\u0001b\tc", "é́́", "\ud800 lone", "</s> <pad>" })
            Assert.Equal(pieces.Encode(text, out _), json.Encode(text, out _));
    }

    [Fact]
    public void A_text_that_is_too_long_keeps_its_end_token_and_says_so()
    {
        using var reference = new Reference("mono");

        var tokens = reference.Tokenizer.Encode(string.Join(' ', Enumerable.Repeat("piano", 900)), out var wasCut);

        Assert.True(wasCut);
        Assert.Equal((T5Tokenizer.MaxTokens, 1), (tokens.Length, tokens[^1]));
        reference.Tokenizer.Encode("piano", out wasCut);
        Assert.False(wasCut);
    }

    /// <summary>
    /// Two thousand spoilt folders: bits turned, bytes cut, numbers of heads and configs changed. Each opens as what it is or
    /// is refused in words, and none takes memory for sizes that it only claims.
    /// </summary>
    [Fact]
    public void Spoilt_files_are_refused_in_words_and_cost_no_memory()
    {
        var dice = new Spoiler(seed: 20261124);
        string[] sources = [_models.Add("mono", "acme/mono"), _models.Add("stereo", "acme/stereo"), _models.Add("melody", "acme/melody")];
        var originals = sources.Select(f => Directory.EnumerateFiles(f).ToDictionary(p => p, File.ReadAllBytes)).ToList();
        var (refused, opened) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            var (folder, files) = (sources[i % 3], originals[i % 3]);
            var target = Path.Combine(folder, i % 2 == 0 ? "model.safetensors" : i % 4 == 1 ? "config.json" : "generation_config.json");
            File.WriteAllBytes(target, dice.Spoil(files[target], isWeights: i % 2 == 0));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var checkpoint = Checkpoint.Open(folder);
                opened++;
            }
            catch (CheckpointException e)
            {
                refused++;
                Assert.False(string.IsNullOrWhiteSpace(e.Message));
                Assert.DoesNotContain(folder, e.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, files.Values.Sum(f => (long)f.Length));
            File.WriteAllBytes(target, files[target]);
        }

        Assert.True(refused > 1000, $"{refused} refused, {opened} opened");
    }

    private static string Refusal(string folder) => Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder).Dispose()).Message;

    private static void Configure(string folder, Action<JsonNode> change)
    {
        var path = Path.Combine(folder, MusicGenConfig.FileName);
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    private static void Rewrite(string folder, Action<Dictionary<string, (string Type, long[] Shape, byte[] Data)>> change)
    {
        var path = Path.Combine(folder, Checkpoint.SingleFile);
        var tensors = Read(path);
        change(tensors);
        Write(path, tensors);
    }

    private static void Shard(string folder, int count)
    {
        var path = Path.Combine(folder, Checkpoint.SingleFile);
        var tensors = Read(path);
        File.Delete(path);
        var map = new JsonObject();
        foreach (var shard in tensors.Select((t, i) => (Tensor: t, File: $"shard-{i % count}.safetensors")).GroupBy(t => t.File))
        {
            Write(Path.Combine(folder, shard.Key), shard.ToDictionary(s => s.Tensor.Key, s => s.Tensor.Value));
            foreach (var (tensor, file) in shard)
                map[tensor.Key] = file;
        }

        File.WriteAllText(Path.Combine(folder, Checkpoint.IndexFile), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
    }

    private static Dictionary<string, (string Type, long[] Shape, byte[] Data)> Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Tensors.ToDictionary(t => t.Key, t =>
        {
            var data = new byte[t.Value.Length];
            file.CopyTo(t.Value, data);
            return (t.Value.Type.ToString(), t.Value.Shape.ToArray(), data);
        });
    }

    private static void Write(string path, Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors)
    {
        var (head, at) = (new JsonObject(), 0L);
        foreach (var (name, (type, shape, data)) in tensors)
        {
            head[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(n => (JsonNode)n)]),
                ["data_offsets"] = new JsonArray(at, at += data.Length),
            };
        }

        var json = Encoding.UTF8.GetBytes(head.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        foreach (var (_, _, data) in tensors.Values)
            file.Write(data);
    }
}
