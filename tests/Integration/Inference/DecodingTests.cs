using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Integration.Inference;

/// <summary>The decoder against itself: with and without a cache, in parts and whole.</summary>
[Collection(Reference.Torch)]
public sealed class DecodingTests
{
    public DecodingTests() => Reference.NeedTorch();

    [Theory]
    [MemberData(nameof(Reference.All), MemberType = typeof(Reference))]
    public void A_step_from_the_cache_is_the_step_from_the_beginning(string name)
    {
        using var reference = new Reference(name);
        using var scope = NewDisposeScope();
        var (model, config) = (reference.Model, reference.Model.Config.Decoder);
        using var conditions = ConditionsOf(reference);
        var columns = Enumerable.Range(0, 40).Select(j => Enumerable.Range(0, config.Codebooks).Select(k => j == 0 ? config.SpecialToken : ((7 * j) + (3 * k)) % config.Cardinality).ToArray()).ToList();

        using var stepped = model.Decoder.NewCache(1, conditions.PrefixLength + columns.Count);
        var logits = Logits(reference, conditions, stepped, columns[..1]);
        for (var j = 1; j < columns.Count; j++)
        {
            var x = model.Decoder.EmbedNext([columns[j]], [conditions.PrefixLength + j]);
            logits = model.Decoder.Logits(model.Decoder.Forward(x, [new Lane(1, stepped, conditions.Texts)])).data<float>().ToArray();

            using var fresh = model.Decoder.NewCache(1, conditions.PrefixLength + columns.Count);
            var whole = Logits(reference, conditions, fresh, columns[..(j + 1)]);
            Assert.InRange(Reference.Distance(logits, whole), 0, 1e-5);
            Assert.Equal(Best(whole, config.Cardinality), Best(logits, config.Cardinality));
        }
    }

    // What stands after a column can't be heard in it.
    [Fact]
    public void A_column_hears_nothing_of_those_after_it()
    {
        using var reference = new Reference("stereo");
        using var scope = NewDisposeScope();
        using var conditions = ConditionsOf(reference);
        List<int[]> columns = [.. Enumerable.Range(0, 12).Select(j => Enumerable.Range(0, 8).Select(k => (j + k) % 64).ToArray())];
        float[] Column5(IReadOnlyList<int[]> all)
        {
            using var cache = reference.Model.Decoder.NewCache(1, 12);
            var hidden = reference.Model.Decoder.Forward(reference.Model.Decoder.Embed(all, 0), [new Lane(12, cache, conditions.Texts)]);
            return hidden.select(0, 5).data<float>().ToArray();
        }

        var before = Column5(columns);
        columns[6] = [.. columns[6].Select(c => 63 - c)];

        Assert.Equal(before, Column5(columns));
        columns[5] = [.. columns[5].Select(c => 63 - c)];
        Assert.NotEqual(before, Column5(columns));
    }

    // h = 1024, entries 0, 1, 511, 512, 513, 1023, as the reference was measured to have them.
    [Theory]
    [InlineData(1, new[] { 0.540302f, 0.555246f, 1.000000f, 0.841471f, 0.831686f, 0.000100f })]
    [InlineData(235, new[] { -0.814198f, -0.104592f, 0.999724f, 0.580587f, -0.994515f, 0.023498f })]
    [InlineData(1503, new[] { 0.249423f, 0.922533f, 0.988726f, 0.968395f, -0.385919f, 0.149735f })]
    public void Positions_are_the_references(int column, float[] expected)
    {
        using var table = SinusoidalPositions.Compute(1024, 1504);
        using var row = table.select(0, column);
        var values = row.data<float>().ToArray();

        var entries = new[] { 0, 1, 511, 512, 513, 1023 };
        Assert.All(entries.Zip(expected), e => Assert.Equal(e.Second, values[e.First], 2e-6f));
    }

    [Fact]
    public void A_table_of_positions_grows_without_changing()
    {
        var config = new DecoderConfig(64, 48, 96, 1, 4, 4, 1, Positions: 8);
        using var grown = new SinusoidalPositions(config, CPU, ScalarType.Float32);
        using var expected = SinusoidalPositions.Compute(48, 100);

        using var few = grown.Of(0, 4).clone();
        using var many = grown.Of(3, 90);

        Assert.True(few.equal(expected.narrow(0, 0, 4)).all().item<bool>());
        Assert.True(many.equal(expected.narrow(0, 3, 90)).all().item<bool>());
    }

    [Theory]
    [InlineData("mono", 37)]
    [InlineData("mono", 1)]
    [InlineData("stereo", 5)]
    [InlineData("melody", 263)]
    public void Sound_in_parts_is_the_sound_in_one_piece(string name, int frames)
    {
        using var reference = new Reference(name);
        using var scope = NewDisposeScope();
        var codec = reference.Model.Codec;
        int[][] codes = [.. Enumerable.Range(0, 4).Select(q => Enumerable.Range(0, frames).Select(t => ((t * 31) + (q * 17)) % 64).ToArray())];
        using var stream = codec.Open(codes);
        var parts = new List<float>();
        while (!stream.IsDone)
            parts.AddRange(stream.Next());

        var (latents, state) = codec.Recur(codec.Enter(codes, 0, frames), null);
        var whole = codec.Leave(latents).data<float>().ToArray();
        state.Dispose();

        Assert.Equal(frames * 640, parts.Count);
        Assert.InRange(Reference.Distance(parts.ToArray(), whole), 0, 1e-5);
    }

    [Fact]
    public void Codes_of_a_long_sound_are_the_codes_of_its_beginning()
    {
        using var reference = new Reference("mono");
        using var scope = NewDisposeScope();
        var tone = EngineTests.Tone(45).Samples;

        var whole = reference.Model.Encoder.Encode(tone, CPU, () => { });
        var beginning = reference.Model.Encoder.Encode(tone[..(25 * 32000)], CPU, () => { });

        Assert.Equal(45 * 50, whole[0].Length);
        for (var q = 0; q < 4; q++)
            Assert.Equal(beginning[q][..^10], whole[q][..(beginning[q].Length - 10)]);
    }

    private static Conditions ConditionsOf(Reference reference)
    {
        var tokens = reference.Tokenizer.Encode(reference.Prompts[0], out _);
        return reference.Model.Config.Melody is null
            ? Conditions.OfText(reference.Model, tokens, null, isGuided: false)
            : Conditions.OfMelody(reference.Model, tokens, null, null, isGuided: false);
    }

    private static float[] Logits(Reference reference, Conditions conditions, KeyValueCache cache, List<int[]> columns)
    {
        var decoder = reference.Model.Decoder;
        var x = decoder.Embed(columns, conditions.PrefixLength);
        if (conditions.PrefixLength > 0)
            x = cat([decoder.EmbedPrefix(conditions.Prefixes[0]), x], 0);
        var hidden = decoder.Forward(x, [new Lane((int)x.shape[0], cache, conditions.Texts)]);
        return decoder.Logits(hidden.narrow(0, hidden.shape[0] - 1, 1)).data<float>().ToArray();
    }

    private static IEnumerable<int> Best(float[] logits, int cardinality) => logits.Chunk(cardinality).Select(c => Array.IndexOf(c, c.Max()));
}
