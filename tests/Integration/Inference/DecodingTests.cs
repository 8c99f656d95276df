using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Integration.Inference;

/// <summary>The decoder against itself: with and without a cache, in parts and whole.</summary>
[Collection(Reference.Torch)]
public sealed class DecodingTests
{
    public DecodingTests() => Reference.NeedTorch();

    public static TheoryData<string, string> Companies => new(Reference.Decoders.SelectMany(
        decoder => decoder == "torch" ? ["Fp32", "Bf16"] : new[] { "Fp32", "Bf16", "Int8" }, (decoder, precision) => (decoder, precision)));

    [Theory]
    [MemberData(nameof(Reference.AllByDecoder), MemberType = typeof(Reference))]
    public void A_step_from_the_cache_is_the_step_from_the_beginning(string name, string decoder)
    {
        using var reference = new Reference(name, decoder);
        using var scope = NewDisposeScope();
        var (model, config) = (reference.Model, reference.Model.Config.Decoder);
        using var conditions = ConditionsOf(reference);
        var columns = Enumerable.Range(0, 70).Select(j => Enumerable.Range(0, config.Codebooks).Select(k => j == 0 ? config.SpecialToken : ((7 * j) + (3 * k)) % config.Cardinality).ToArray()).ToList();

        var stepped = Songs.Scores(model, columns, conditions.Texts, conditions.Prefixes);
        foreach (var count in new[] { 2, 3, 16, 17, 32, 33, 64, 65, 70 })
        {
            using var fresh = model.Decoder.NewCache(1, conditions.PrefixLength + count);
            var whole = model.Decoder.Pass([new Lane(columns[..count], fresh, conditions.Texts, conditions.Prefixes)], 1).ToArray();

            Assert.Equal(conditions.PrefixLength + count, fresh.Length);
            Assert.InRange(Reference.Distance(stepped[count - 1], whole), 0, 1e-5);
            Assert.Equal(Best(whole, config.Cardinality), Best(stepped[count - 1], config.Cardinality));
        }
    }

    // A song goes on from its beginning as if the columns had come one by one: what came later was never heard.
    [Theory]
    [MemberData(nameof(Reference.AllByDecoder), MemberType = typeof(Reference))]
    public void A_column_hears_nothing_of_those_after_it(string name, string decoder)
    {
        using var reference = new Reference(name, decoder);
        using var scope = NewDisposeScope();
        var (model, config) = (reference.Model, reference.Model.Config.Decoder);
        using var conditions = ConditionsOf(reference);
        List<int[]> columns = [.. Enumerable.Range(0, 12).Select(j => Enumerable.Range(0, config.Codebooks).Select(k => (j + k) % config.Cardinality).ToArray())];
        List<int[]> others = [.. columns[..6], .. columns[6..].Select(c => c.Select(code => config.Cardinality - 1 - code).ToArray())];

        var (scores, otherScores) = (Songs.Scores(model, columns, conditions.Texts, conditions.Prefixes), Songs.Scores(model, others, conditions.Texts, conditions.Prefixes));

        Assert.Equal(scores[5], otherScores[5]);
        Assert.NotEqual(scores[6], otherScores[6]);
    }

    [Theory]
    [MemberData(nameof(Companies))]
    public void A_row_is_the_same_alone_and_in_company(string decoder, string precision)
    {
        using var reference = new Reference("stereo", decoder, Enum.Parse<Precision>(precision));
        using var scope = NewDisposeScope();
        var model = reference.Model;
        using var conditions = Conditions.OfText(model, reference.Tokenizer.Encode(reference.Prompts[0], out _), null, isGuided: true);
        string Last(int songs)
        {
            var windows = Enumerable.Range(5 - songs, songs)
                .Select(i => new WindowDecoding(model, conditions, Songs.Drawn(), new CodeDice(i), Songs.NoCodes(model), 20, 0)).ToList();
            windows.ForEach(w => w.Prefill());
            while (!windows[0].IsDone)
                DecoderPass.Step(model, windows, 10);
            windows.ForEach(w => w.Dispose());
            return string.Join('|', windows[^1].Codes.Select(row => string.Join(' ', row)));
        }

        var alone = Last(1);

        Assert.All(Enumerable.Range(2, 4), songs => Assert.Equal(alone, Last(songs)));
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

    private static IEnumerable<int> Best(float[] logits, int cardinality) => logits.Chunk(cardinality).Select(c => Array.IndexOf(c, c.Max()));
}
