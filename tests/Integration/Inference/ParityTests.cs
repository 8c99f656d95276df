using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Melody;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Integration.Inference;

/// <summary>Every part against the reference implementation's answers, within 1e-4; codes and tokens equal.</summary>
[Collection(Reference.Torch)]
public sealed class ParityTests
{
    private const double Tolerance = 1e-4;

    public ParityTests() => Reference.NeedTorch();

    public static TheoryData<string, string> Scores => Reference.Cross(
        ["mono teacher_logits", "mono teacher_logits_uncond", "stereo teacher_logits", "stereo teacher_logits_uncond", "melody teacher_logits"]);

    public static TheoryData<string, string> WholeSongs => Reference.Cross(
        ["mono guided", "mono unguided", "mono continued", "stereo guided", "stereo unguided", "stereo continued", "melody guided", "melody unguided", "melody no_melody"]);

    [Theory]
    [MemberData(nameof(Reference.All), MemberType = typeof(Reference))]
    public void Texts_have_the_references_tokens(string name)
    {
        using var reference = new Reference(name);
        var texts = reference.Tokens.ToList();

        Assert.True(texts.Count >= 20);
        foreach (var (text, ids) in texts)
            Assert.Equal((text, string.Join(' ', ids)), (text, string.Join(' ', reference.Tokenizer.Encode(text, out _))));
    }

    [Theory]
    [MemberData(nameof(Reference.All), MemberType = typeof(Reference))]
    public void The_text_encoder_gives_the_references_states(string name)
    {
        using var reference = new Reference(name);
        using var scope = NewDisposeScope();
        var expected = reference.Floats("text_hidden");
        var (ids, mask) = (reference.Rows("input_ids"), reference.Rows("attention_mask"));
        var (length, width) = (ids[0].Length, reference.Model.Config.Text.Width);
        for (var row = 0; row < ids.Length; row++)
        {
            var count = mask[row].Sum();
            var hidden = reference.Model.Hidden(ids[row][..count]).data<float>().ToArray();

            Assert.InRange(Reference.Distance(hidden, expected.AsSpan(row * length * width, count * width)), 0, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Scores))]
    public void The_decoder_gives_the_references_scores(string names, string decoder)
    {
        var (name, tensor) = (names.Split(' ')[0], names.Split(' ')[1]);
        using var reference = new Reference(name, decoder);
        using var scope = NewDisposeScope();
        var (model, config) = (reference.Model, reference.Model.Config.Decoder);
        var (rows, ids, mask) = (reference.Rows("teacher_codes"), reference.Rows("input_ids"), reference.Rows("attention_mask"));
        var expected = reference.Floats(tensor);
        for (var sample = 0; sample < 2; sample++)
        {
            var codes = rows.Skip(sample * config.Codebooks).Take(config.Codebooks).ToList();
            var columns = Enumerable.Range(0, codes[0].Length).Select(j => codes.Select(r => r[j]).ToArray()).ToList();
            var text = ids[sample][..mask[sample].Sum()];
            using var conditions = model.Config.Melody is null
                ? Conditions.OfText(model, text, null, isGuided: false)
                : Conditions.OfMelody(model, text, null, model.Follow(reference.Floats("melody_audio")), isGuided: false, ids[sample].Length - text.Length);

            var logits = Songs.Scores(model, columns, tensor.EndsWith("uncond", StringComparison.Ordinal) ? [null] : conditions.Texts, conditions.Prefixes);

            var byCodebook = Enumerable.Range(0, config.Codebooks)
                .SelectMany(k => logits.SelectMany(column => column[(k * config.Cardinality)..((k + 1) * config.Cardinality)])).ToArray();
            Assert.InRange(Reference.Distance(byCodebook, expected.AsSpan(sample * byCodebook.Length, byCodebook.Length)), 0, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Reference.All), MemberType = typeof(Reference))]
    public void The_codec_sounds_like_the_references(string name)
    {
        using var reference = new Reference(name);
        using var stream = reference.Model.Codec.Open(reference.Rows("codec_codes"));
        var sound = new List<float>();
        while (!stream.IsDone)
            sound.AddRange(stream.Next());

        Assert.InRange(Reference.Distance(sound.ToArray(), reference.Floats("codec_audio")), 0, Tolerance);
    }

    [Theory]
    [InlineData("mono", "encode")]
    [InlineData("mono", "encode_odd")]
    [InlineData("stereo", "encode")]
    [InlineData("stereo", "encode_odd")]
    [InlineData("melody", "encode")]
    [InlineData("melody", "encode_odd")]
    public void The_codec_finds_the_references_codes(string name, string tensor)
    {
        using var reference = new Reference(name);
        using var scope = NewDisposeScope();

        var codes = reference.Model.Encoder.Encode(reference.Floats($"{tensor}_audio"), CPU, () => { });

        Assert.Equal(reference.Rows($"{tensor}_codes"), codes);
    }

    [Theory]
    [InlineData("melody")]
    [InlineData("short_melody")]
    public void A_melody_has_the_references_pitch_classes(string tensor)
    {
        using var reference = new Reference("melody");
        var expected = reference.Floats($"{tensor}_chroma").Chunk(Chroma.Classes).Select(frame => Array.IndexOf(frame, 1f));

        Assert.Equal(expected, reference.Model.Follow(reference.Floats($"{tensor}_audio")));
    }

    [Theory]
    [MemberData(nameof(WholeSongs))]
    public void A_whole_song_is_the_references(string names, string decoder)
    {
        var (name, tensor) = (names.Split(' ')[0], names.Split(' ')[1]);
        using var reference = new Reference(name, decoder);
        var given = tensor == "continued" ? reference.Floats("encode_audio") : null;
        var melody = name == "melody" && tensor != "no_melody" ? reference.Floats("melody_audio") : null;
        var steps = tensor switch { "continued" => 30, "no_melody" => 20, _ when name == "melody" => 40, _ => 60 };

        var song = Songs.Sing(reference, reference.Prompts[0], steps - 3, tensor == "unguided" ? 1 : 3, given, melody);

        var expected = reference.Floats($"{tensor}_audio");
        Assert.InRange(Reference.Distance(song.Sound.SelectMany(c => c).ToArray(), expected), 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Reference.AllByDecoder), MemberType = typeof(Reference))]
    public void Two_songs_in_one_batch_are_the_references(string name, string decoder)
    {
        using var reference = new Reference(name, decoder);
        var steps = name == "melody" ? 20 : 30;
        using var scope = NewDisposeScope();
        var (model, mask) = (reference.Model, reference.Rows("attention_mask"));
        var melody = model.Config.Melody is null ? null : model.Follow(reference.Floats("melody_audio"));
        var windows = new List<WindowDecoding>();
        for (var i = 0; i < 2; i++)
        {
            var tokens = reference.Tokenizer.Encode(reference.Prompts[i], out _);
            var conditions = melody is null
                ? Conditions.OfText(model, tokens, null, isGuided: true)
                : Conditions.OfMelody(model, tokens, null, melody, isGuided: true, mask[i].Length - tokens.Length);
            windows.Add(new WindowDecoding(model, conditions, Songs.Greedy(3), new CodeDice(1), Songs.NoCodes(model), steps - 3, 0));
            windows[i].Prefill();
        }

        while (!windows[0].IsDone)
            DecoderPass.Step(model, windows, 4);

        var expected = reference.Floats("pair_audio");
        var sound = windows.SelectMany(w => Songs.Sound(model, w.Codes)).SelectMany(c => c).ToArray();
        Assert.InRange(Reference.Distance(sound, expected), 0, Tolerance);
        windows.ForEach(w => w.Dispose());
    }

    // 441 Hz to the reference's weights; a tone stays itself.
    [Fact]
    public void A_sound_of_another_rate_is_heard_at_the_models()
    {
        var tone = Enumerable.Range(0, 44100).Select(i => MathF.Sin(2 * MathF.PI * 441 * i / 44100)).ToArray();

        var resampled = Resampler.Resample(tone, 44100, 32000);

        Assert.Equal(32000, resampled.Length);
        for (var i = 200; i < 31800; i++)
            Assert.Equal(MathF.Sin(2 * MathF.PI * 441 * i / 32000), resampled[i], 1e-3f);
    }
}
