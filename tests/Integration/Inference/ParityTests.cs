using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Decoder;
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
    [InlineData("mono", "teacher_logits", true)]
    [InlineData("mono", "teacher_logits_uncond", false)]
    [InlineData("stereo", "teacher_logits", true)]
    [InlineData("stereo", "teacher_logits_uncond", false)]
    [InlineData("melody", "teacher_logits", true)]
    public void The_decoder_gives_the_references_scores(string name, string tensor, bool isConditional)
    {
        using var reference = new Reference(name);
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
            using var cache = model.Decoder.NewCache(1, conditions.PrefixLength + columns.Count);

            var x = model.Decoder.Embed(columns, conditions.PrefixLength);
            if (conditions.PrefixLength > 0)
                x = cat([model.Decoder.EmbedPrefix(conditions.Prefixes[0]), x], 0);
            var hidden = model.Decoder.Forward(x, [new Lane((int)x.shape[0], cache, isConditional ? conditions.Texts : [null])]);
            var logits = model.Decoder.Logits(hidden.narrow(0, conditions.PrefixLength, columns.Count)); // [T, C*V]

            var byCodebook = logits.view(columns.Count, config.Codebooks, config.Cardinality).transpose(0, 1).contiguous().data<float>().ToArray();
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
    [InlineData("mono", "guided", 3, 60)]
    [InlineData("mono", "unguided", 1, 60)]
    [InlineData("mono", "continued", 3, 30)]
    [InlineData("stereo", "guided", 3, 60)]
    [InlineData("stereo", "unguided", 1, 60)]
    [InlineData("stereo", "continued", 3, 30)]
    [InlineData("melody", "guided", 3, 40)]
    [InlineData("melody", "unguided", 1, 40)]
    [InlineData("melody", "no_melody", 3, 20)]
    public void A_whole_song_is_the_references(string name, string tensor, double guidance, int steps)
    {
        using var reference = new Reference(name);
        var given = tensor == "continued" ? reference.Floats("encode_audio") : null;
        var melody = name == "melody" && tensor != "no_melody" ? reference.Floats("melody_audio") : null;

        var song = Songs.Sing(reference, reference.Prompts[0], steps - 3, guidance, given, melody);

        var expected = reference.Floats($"{tensor}_audio");
        Assert.InRange(Reference.Distance(song.Sound.SelectMany(c => c).ToArray(), expected), 0, Tolerance);
    }

    [Theory]
    [InlineData("mono", 30)]
    [InlineData("stereo", 30)]
    [InlineData("melody", 20)]
    public void Two_songs_in_one_batch_are_the_references(string name, int steps)
    {
        using var reference = new Reference(name);
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
