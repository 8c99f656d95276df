using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>Songs of the small checkpoints.</summary>
internal static class Songs
{
    public static SamplingSettings Greedy(double guidance) => new(IsGreedy: true, 1, 0, 0, guidance);

    public static SamplingSettings Drawn(double guidance = 3) => new(IsGreedy: false, 1, 250, 0, guidance);

    public static int[][] NoCodes(MusicGenModel model) => [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(_ => Array.Empty<int>())];

    /// <summary>A whole song by the parts that the engine makes it of, on this thread.</summary>
    public static Song Sing(Reference reference, string text, int frames, double guidance, float[]? given = null, float[]? melody = null)
    {
        var channels = reference.Model.Config.Decoder.Channels;
        var total = frames + (given is null ? 0 : given.Length / reference.Model.Config.Codec.Hop);
        float[][]? sounds = given is null ? null : [.. Enumerable.Repeat(given, channels)];
        return Sing(reference.Model, reference.Tokenizer, new SongRequest(text, null, total * reference.Model.Config.Codec.Hop, 1, Greedy(guidance), sounds, melody));
    }

    public static Song Sing(MusicGenModel model, T5Tokenizer tokenizer, SongRequest request, int rows = 4)
    {
        using var scope = torch.NewDisposeScope();
        using var work = new SongWork(LoadedModel.Of(model, tokenizer), request, new Progress<StepsDone>(), 0, CancellationToken.None);
        work.Begin();
        while (work.Window is { } window)
        {
            DecoderPass.Step(model, [window], rows);
            work.AfterStep();
        }

        while (!work.IsDone)
            work.Sound();
        return work.Result;
    }

    /// <summary>Scores after every column, one column a pass, [T][codebooks · cardinality]; the prefix goes before the first.</summary>
    public static List<float[]> Scores(MusicGenModel model, IReadOnlyList<int[]> columns, IReadOnlyList<IHeardText?> texts, IReadOnlyList<torch.Tensor> prefixes)
    {
        var room = columns.Count + (prefixes.Count == 0 ? 0 : (int)prefixes[0].shape[0]);
        using var cache = model.Decoder.NewCache(texts.Count, room);
        return [.. columns.Select(column => model.Decoder.Pass([new Lane([column], cache, texts, prefixes)], 1).ToArray())];
    }

    /// <summary>[channels][samples] of codes.</summary>
    public static IEnumerable<float[]> Sound(MusicGenModel model, int[][] codes)
    {
        var channels = model.Config.Decoder.Channels;
        for (var c = 0; c < channels; c++)
        {
            var channel = c;
            using var stream = model.Codec.Open([.. codes.Where((_, row) => row % channels == channel)]);
            var sound = new List<float>();
            while (!stream.IsDone)
                sound.AddRange(stream.Next());
            yield return [.. sound];
        }
    }
}
