using System.CommandLine;
using System.Globalization;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;
using MusicGen.Programs.Judge;
using TorchSharp;

namespace MusicGen.Programs;

/// <summary>
/// What bf16 and int8 lose against fp32 on a model: scores along the same codes, the chances that are drawn from, and how
/// songs of the same seeds differ in spectrum, beside how songs of fp32 differ from seed to seed.
/// </summary>
internal static class PrecisionLossRun
{
    private const double Guidance = 3;

    private static readonly string[] Genres = ["jazz", "rock", "lo-fi hip hop", "classical", "electronic", "ambient", "folk", "blues", "reggae", "metal"];
    private static readonly string[] Moods = ["calm piano", "fast drums and bass", "sad strings", "happy guitar", "dark synth"];

    public static Command Command()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model's folder." };
        var prompts = new Option<int>("--prompts") { DefaultValueFactory = _ => 50, Description = "How many, 1 to 50." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5, Description = "Of each song." };
        var command = new Command("precision-loss", "What bf16 and int8 lose against fp32 on a model.") { model, prompts, seconds };
        command.SetAction(r =>
        {
            if (TorchRuntime.Problem is { } problem)
            {
                Console.Error.WriteLine(problem);
                return 1;
            }

            Run(Path.GetFullPath(r.GetRequiredValue(model)), Math.Clamp(r.GetValue(prompts), 1, Genres.Length * Moods.Length), r.GetValue(seconds));
            return 0;
        });
        return command;
    }

    private static void Run(string folder, int prompts, double seconds)
    {
        using var mode = torch.inference_mode();
        using var checkpoint = Checkpoint.Open(folder);
        var tokenizer = T5Tokenizer.Open(folder);
        var texts = Genres.SelectMany(_ => Moods, (genre, mood) => $"{genre}, {mood}").Take(prompts).ToList();
        using var exact = Load(checkpoint, "fp32");
        var frames = (int)(seconds * checkpoint.Config.Codec.FrameRate);
        var songs = texts.Select((text, i) => Sing(exact, tokenizer, text, i, frames)).ToList();
        var others = texts.Select((text, i) => Sing(exact, tokenizer, text, i + texts.Count, frames)).ToList();
        var spectra = songs.Select(codes => Spectrum(exact, codes)).ToList();
        var apart = spectra.Zip(others, (s, codes) => Distance(s, Spectrum(exact, codes))).Average();

        Console.WriteLine("| precision | error of the scores, of their spread | likeliest code the same | divergence of the chances, bits | greatest | codes equal with the same seed | spectral distance with the same seed, dB | between two seeds of fp32, dB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var precision in new[] { "bf16", "int8" })
        {
            using var rough = Load(checkpoint, precision);
            var losses = texts.Zip(songs).Select(p => Compare(exact, rough, tokenizer.Encode(p.First, out _), p.Second)).ToList();
            var again = texts.Select((text, i) => Sing(rough, tokenizer, text, i, frames)).ToList();
            var equal = songs.Zip(again).Average(p => p.First.Zip(p.Second).Average(r => r.First.Zip(r.Second).Average(c => c.First == c.Second ? 1.0 : 0)));
            var distance = spectra.Zip(again, (s, codes) => Distance(s, Spectrum(exact, codes))).Average();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {precision} | {losses.Average(l => l.Error):0.0 %} | {losses.Average(l => l.Agreement):0.0 %} | {losses.Average(l => l.Divergence):0.00000} | {losses.Max(l => l.Greatest):0.0000} | {equal:0 %} | {distance:0.0} | {apart:0.0} |"));
        }
    }

    private static MusicGenModel Load(Checkpoint checkpoint, string precision) => new(
        checkpoint.Config, checkpoint, torch.CPU,
        LoadedModel.NewDecoder(checkpoint.Config, checkpoint, TorchRuntime.Profiles(new InferenceOptions { Device = "cpu", Precision = precision })[0]));

    private static Conditions Hear(MusicGenModel model, int[] text) => model.Config.Melody is null
        ? Conditions.OfText(model, text, null, isGuided: true)
        : Conditions.OfMelody(model, text, null, null, isGuided: true);

    private static int[][] Sing(MusicGenModel model, T5Tokenizer tokenizer, string text, int seed, int frames)
    {
        using var scope = torch.NewDisposeScope();
        using var conditions = Hear(model, tokenizer.Encode(text, out _));
        int[][] none = [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(_ => Array.Empty<int>())];
        using var window = new WindowDecoding(model, conditions, new SamplingSettings(false, 1, 250, 0, Guidance), new CodeDice(seed), none, frames, 0);
        window.Prefill();
        while (!window.IsDone)
            DecoderPass.Step(model, [window], 2);
        return window.Codes;
    }

    // Both hear the same codes; what they'd say next is compared at every place.
    private static (double Error, double Agreement, double Divergence, double Greatest) Compare(MusicGenModel exact, MusicGenModel rough, int[] text, int[][] codes)
    {
        using var scope = torch.NewDisposeScope();
        using var ours = Hear(exact, text);
        using var theirs = Hear(rough, text);
        var columns = codes[0].Length;
        using var a = exact.Decoder.NewCache(2, ours.PrefixLength + columns);
        using var b = rough.Decoder.NewCache(2, theirs.PrefixLength + columns);
        var (errors, agreements, divergences) = (new List<double>(), new List<double>(), new List<double>());
        var (books, cardinality) = (exact.Config.Decoder.Codebooks, exact.Config.Decoder.Cardinality);
        for (var j = 0; j < columns; j++)
        {
            int[] column = [.. codes.Select(row => j == 0 ? exact.Config.Decoder.SpecialToken : row[j])];
            var p = Guide(exact.Decoder.Pass([new Lane([column], a, ours.Texts, ours.Prefixes)], 2), books * cardinality);
            var q = Guide(rough.Decoder.Pass([new Lane([column], b, theirs.Texts, theirs.Prefixes)], 2), books * cardinality);
            for (var k = 0; k < books; k++)
            {
                var (x, y) = (p.AsSpan(k * cardinality, cardinality).ToArray(), q.AsSpan(k * cardinality, cardinality).ToArray());
                var mean = x.Average();
                errors.Add(Math.Sqrt(x.Zip(y).Sum(z => Math.Pow(z.First - z.Second, 2)) / x.Sum(z => Math.Pow(z - mean, 2))));
                agreements.Add(Array.IndexOf(x, x.Max()) == Array.IndexOf(y, y.Max()) ? 1 : 0);
                divergences.Add(Divergence(x, y));
            }
        }

        return (errors.Average(), agreements.Average(), divergences.Average(), divergences.Max());
    }

    private static double[] Guide(ReadOnlySpan<float> logits, int width)
    {
        var guided = new double[width];
        for (var i = 0; i < width; i++)
            guided[i] = logits[width + i] + (Guidance * (logits[i] - logits[width + i]));
        return guided;
    }

    // Kullback and Leibler's, of what temperature 1 draws from, in bits.
    private static double Divergence(double[] x, double[] y)
    {
        var (p, q) = (LogChances(x), LogChances(y));
        return p.Zip(q).Sum(z => Math.Exp(z.First) * (z.First - z.Second)) / Math.Log(2);
    }

    private static double[] LogChances(double[] scores)
    {
        var most = scores.Max();
        var total = most + Math.Log(scores.Sum(s => Math.Exp(s - most)));
        return [.. scores.Select(s => s - total)];
    }

    // Mean power of each bin in decibels.
    private static double[] Spectrum(MusicGenModel model, int[][] codes)
    {
        using var scope = torch.NewDisposeScope();
        using EncodecStream stream = model.Codec.Open([.. codes.Where((_, row) => row % model.Config.Decoder.Channels == 0)]);
        var sound = new List<float>();
        while (!stream.IsDone)
            sound.AddRange(stream.Next());
        var spectra = Fourier.Spectra([.. sound], 1024, 512).ToList();
        return [.. Enumerable.Range(1, spectra[0].Length - 1).Select(bin => 10 * Math.Log10(spectra.Average(s => (double)s[bin] * s[bin]) + 1e-12))];
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b).Average(p => Math.Pow(p.First - p.Second, 2)));
}
