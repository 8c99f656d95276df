using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>
/// The published models, where MUSICGEN_TEST_WEIGHTS names a folder with facebook/musicgen-small and its siblings, against
/// the values that Hugging Face's own tests hold (tests/models/musicgen and musicgen_melody, Apache-2.0).
/// </summary>
[Collection(Reference.Torch)]
public sealed class RealWeightsTests
{
    private const double Tolerance = 1e-4;
    private static readonly string[] Texts = ["80s music", "Club techno"];

    public RealWeightsTests() => Reference.NeedTorch();

    [Fact]
    public void The_vocabulary_is_T5s() => With("musicgen-small", (model, tokenizer) => Assert.Equal(
        [2777, 7, 2480, 2324, 28, 8002, 5507, 7, 11, 2437, 5253, 7, 1], tokenizer.Encode("90s rock song with loud guitars and heavy drums", out _)));

    [Fact]
    public void The_text_encoder_gives_the_published_states() => With("musicgen-small", (model, tokenizer) =>
    {
        using var hidden = model.Hidden(tokenizer.Encode("90s rock song with loud guitars and heavy drums", out _));
        var rows = hidden.data<float>().ToArray().Chunk(768).ToList();

        Near([0.0902f, 0.1256f, -0.0585f], rows[0][..3]);
        Near([0.1057f, -0.5141f, -0.4675f], rows[0][^3..]);
        Near([0.0163f, 0.0012f, -0.0020f], rows[12][..3]);
        Near([0.0142f, 0.0173f, -0.0103f], rows[12][^3..]);
    });

    [Fact]
    public void The_first_scores_are_the_published_ones() => With("musicgen-small", (model, tokenizer) => Near(
        [-0.9708f, -3.0149f, -4.6415f, -1.4754f, -0.2786f, -2.3523f, -2.6049f, -6.7467f, -1.0206f, -3.2984f, -3.3968f, -1.5108f, -1.5786f, -3.1493f, -1.1503f, -0.0545f],
        FirstScores(model, tokenizer.Encode(Texts[0], out _), null, padding: 0)[..16]));

    [Fact]
    public void A_greedy_song_is_the_published_one() => With("musicgen-small", (model, tokenizer) => Near(
        [-1.1998e-4f, -2.2302e-4f, 4.6296e-4f, 1.0524e-3f, 2.4827e-4f, -4.0288e-5f, -1.2468e-4f, 4.9846e-5f, 7.1485e-4f, 4.4197e-4f],
        Sing(model, tokenizer, 10, guidance: 1).Sound[0][..10]));

    [Fact]
    public void A_guided_song_is_the_published_one() => With("musicgen-small", (model, tokenizer) => Near(
        [0.0283f, 0.0246f, 0.0650f, 0.0640f, 0.0599f, 0.0711f, 0.0420f, 0.0112f, 0.0511f, 0.0746f, 0.1363f, 0.1213f, 0.0185f, -0.0578f, -0.0908f, 0.0443f],
        Sing(model, tokenizer, 10, guidance: 3).Sound[0][..16]));

    [Fact]
    public void A_song_that_goes_on_is_the_published_one() => With("musicgen-small", (model, tokenizer) => Near(
        [-0.0036f, -0.0130f, -0.0261f, -0.0384f, -0.0557f, -0.0718f, -0.0680f, -0.0632f, -0.0529f, -0.0403f, -0.0289f, -0.0198f, -0.0136f, -0.0101f, -0.0095f, -0.0040f],
        Sing(model, tokenizer, 10, guidance: 1, given: Bips(0.5, padTo: 1)).Sound[0][^16..]));

    [Fact]
    public void A_stereo_song_that_goes_on_is_the_published_one() => With("musicgen-stereo-small", (model, tokenizer) =>
    {
        var song = Sing(model, tokenizer, 12, guidance: 3, given: Bips(0.5, padTo: 1));

        Near([0.2535f, 0.2008f, 0.1471f, 0.0896f, 0.0306f, -0.0200f, -0.0501f, -0.0728f, -0.0832f, -0.0856f, -0.0867f, -0.0884f, -0.0864f, -0.0866f, -0.0744f, -0.0430f], song.Sound[0][^16..]);
        Near([0.1695f, 0.1213f, 0.0732f, 0.0239f, -0.0264f, -0.0705f, -0.0935f, -0.1103f, -0.1163f, -0.1139f, -0.1104f, -0.1082f, -0.1027f, -0.1004f, -0.0900f, -0.0614f], song.Sound[1][^16..]);
    });

    [Fact]
    public void The_melody_models_first_scores_are_the_published_ones() => With("musicgen-melody", (model, tokenizer) => Near(
        [1.1100f, -2.1065f, -3.7699f, -0.7102f, 1.3707f, -1.7028f, -2.6802f, -6.0367f, 1.0504f, -2.5358f, -4.3497f, 0.7338f, 0.4823f, -2.5260f, 1.2717f, 1.5427f],
        FirstScores(model, tokenizer.Encode(Texts[0], out _), null, padding: 0)[..16]));

    [Fact]
    public void The_melody_models_song_is_the_published_one() => With("musicgen-melody", (model, tokenizer) => Near(
        [-1.1999e-4f, -2.2303e-4f, 4.6296e-4f, 1.0524e-3f, 2.4827e-4f, -4.0294e-5f, -1.2468e-4f, 4.9846e-5f, 7.1484e-4f, 4.4198e-4f, 7.9063e-4f, 8.8141e-4f],
        Sing(model, tokenizer, 10, guidance: 1, melody: Bips(0.5)).Sound[0][..12]));

    [Fact]
    public void The_stereo_melody_models_song_is_the_published_one() => With("musicgen-stereo-melody", (model, tokenizer) => Near(
        [-0.0862f, -0.1021f, -0.0936f, -0.0754f, -0.0616f, -0.0456f, -0.0354f, -0.0298f, -0.0036f, 0.0222f, 0.0523f, 0.0660f, 0.0496f, 0.0356f, 0.0457f, 0.0769f],
        Sing(model, tokenizer, 12, guidance: 3, melody: Bips(0.5)).Sound[0][..16]));

    // The tests' own sound: a tone that is on for every second eighth of a second; in a batch, silence comes before the shorter one.
    private static float[] Bips(double seconds, double padTo = 0)
    {
        var sound = Enumerable.Range(0, (int)(seconds * 32000)).Select(i => i / 32000.0)
            .Select(t => t / 0.25 % 1 >= 0.5 ? (float)Math.Cos(2 * Math.PI * 440 * t) : 0f).ToArray();
        return [.. new float[Math.Max(0, (int)(padTo * 32000) - sound.Length)], .. sound];
    }

    private static void With(string name, Action<MusicGenModel, T5Tokenizer> test)
    {
        var root = Environment.GetEnvironmentVariable("MUSICGEN_TEST_WEIGHTS");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MUSICGEN_TEST_WEIGHTS names no folder with real checkpoints.");
        var folder = new[] { Path.Combine(root!, "facebook", name), Path.Combine(root!, name) }.FirstOrDefault(Directory.Exists);
        Assert.SkipWhen(folder is null, $"{root} has no {name}.");

        using var mode = torch.inference_mode();
        using var checkpoint = Checkpoint.Open(folder!);
        using var model = new MusicGenModel(
            checkpoint.Config, checkpoint, torch.CPU, LoadedModel.NewDecoder(checkpoint.Config, checkpoint, Reference.ProfileOf("auto")));
        test(model, T5Tokenizer.Open(folder!));
    }

    private static void Near(float[] expected, float[] actual) => Assert.InRange(Reference.Distance(actual, expected), 0, Tolerance);

    private static float[] FirstScores(MusicGenModel model, int[] tokens, int[]? melody, int padding)
    {
        using var scope = torch.NewDisposeScope();
        using var conditions = model.Config.Melody is null
            ? Conditions.OfText(model, tokens, null, isGuided: false)
            : Conditions.OfMelody(model, tokens, null, melody, isGuided: false, padding);
        int[] start = [.. Enumerable.Repeat(model.Config.Decoder.SpecialToken, model.Config.Decoder.Codebooks)];
        return Songs.Scores(model, [start], conditions.Texts, conditions.Prefixes)[0];
    }

    private static Song Sing(MusicGenModel model, T5Tokenizer tokenizer, int steps, double guidance, float[]? given = null, float[]? melody = null)
    {
        var frames = steps - 3 + (given is null ? 0 : given.Length / 640);
        float[][]? sounds = given is null ? null : [.. Enumerable.Repeat(given, model.Config.Decoder.Channels)];
        return Songs.Sing(model, tokenizer, new SongRequest(Texts[0], null, frames * 640, 1, Songs.Greedy(guidance), sounds, melody));
    }
}
