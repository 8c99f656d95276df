using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Sampling;
using TorchSharp;

namespace MusicGen.Programs;

/// <summary>
/// Milliseconds a step of the decoder by shape, profile and songs at once, with random weights, against libtorch in float32
/// and against the memory bandwidth that this machine shows, in the same run.
/// </summary>
internal static class DecoderSpeedRun
{
    private const int FrameRate = 50;

    // Steps of one profile before the next has its turn.
    private const int Turn = 5;

    public static Command Command()
    {
        var shapes = new Option<string[]>("--shapes") { DefaultValueFactory = _ => ["small"], AllowMultipleArgumentsPerToken = true, Description = "tiny, small, medium, large." };
        var profiles = new Option<string[]>("--profiles")
        {
            DefaultValueFactory = _ => ["torch-fp32", "auto-fp32", "auto-bf16", "auto-int8"],
            AllowMultipleArgumentsPerToken = true,
            Description = "DECODER-PRECISION: torch, auto, avx512, avx2 or portable; fp32, bf16 or int8. The first is what the others are held against.",
        };
        var songs = new Option<int[]>("--songs") { DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true, Description = "Songs at once, each under guidance." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 500, Description = "Steps that a song has, at most 1500." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 120, Description = "How long a row of the table may take." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount, Description = "Of the kernels." };
        var busy = new Option<int>("--busy") { Description = "Cores that another program keeps busy meanwhile." };
        var command = new Command("decoder-speed", "Time of a decoding step by shape, profile and songs at once; the profiles take turns.") { shapes, profiles, songs, steps, seconds, threads, busy };
        command.SetAction(r =>
        {
            if (TorchRuntime.Problem is { } problem)
            {
                Console.Error.WriteLine(problem);
                return 1;
            }

            using var others = new BusyCores(r.GetValue(busy));
            Console.WriteLine("| shape | songs | profile | steps | ms a step, median | quiet tenth | times the first, quiet | times real time, all songs, quiet | bytes a step | share of the bandwidth, quiet |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
            foreach (var shape in r.GetRequiredValue(shapes))
                Measure(RandomModel.ConfigOf(shape), shape, r.GetRequiredValue(profiles), r.GetRequiredValue(songs), r.GetValue(steps), TimeSpan.FromSeconds(r.GetValue(seconds)), r.GetValue(threads));
            return 0;
        });
        return command;
    }

    private static void Measure(MusicGenConfig config, string shape, string[] profiles, int[] songs, int steps, TimeSpan length, int threads)
    {
        using var mode = torch.inference_mode();
        var models = new List<(string Name, MusicGenModel Model, EngineProfile Profile)>();
        foreach (var name in profiles)
        {
            var profile = ProfileOf(name, threads);
            var weights = new RandomModel(config);
            models.Add((name, new MusicGenModel(config, weights, torch.CPU, LoadedModel.NewDecoder(config, weights, profile)), profile));
            Console.Error.WriteLine($"{shape} {profile.Name}: codes alone and among others are {(AreTheSameInCompany(models[^1].Model) ? "equal" : "DIFFERENT")}");
        }

        foreach (var count in songs)
            Measure(config, shape, models, count, steps, length);
        models.ForEach(m => m.Model.Dispose());
    }

    // The profiles take turns, step by step: what else the machine does meets all of them.
    private static void Measure(
        MusicGenConfig config, string shape, List<(string Name, MusicGenModel Model, EngineProfile Profile)> models, int songs, int steps, TimeSpan length)
    {
        using var scope = torch.NewDisposeScope();
        var runs = models.Select(m => new Run(m.Model, songs, steps)).ToList();
        var bandwidths = new List<double> { Bandwidth.Measure() };
        var start = Stopwatch.GetTimestamp();
        while (!runs[0].IsDone && Stopwatch.GetElapsedTime(start) < length)
        {
            foreach (var run in runs)
            {
                for (var i = 0; i < Turn && !run.IsDone; i++)
                    run.Step();
            }
        }

        bandwidths.Add(Bandwidth.Measure());
        var first = runs[0].Quiet;
        for (var i = 0; i < runs.Count; i++)
        {
            var (run, profile) = (runs[i], models[i].Profile);
            // Weights once, and half of the final cache on the average.
            var bytes = WeightBytes(config, profile) + (LoadedModel.CacheBytesFor(config, profile, 2, run.Times.Count) * songs / 2.0);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {shape} | {songs} | {profile.Name} | {run.Times.Count} | {run.Median:0.0} | {run.Quiet:0.0} | {first / run.Quiet:0.0} | {1000.0 / FrameRate / run.Quiet * songs:0.00} | {bytes / 1e6:0} MB | {bytes / (run.Quiet / 1000) / bandwidths.Max():0 %} of {bandwidths.Max() / 1e9:0.0} GB/s |"));
            run.Dispose();
        }
    }

    /// <summary>Songs that are decoded together, and how long each step took.</summary>
    private sealed class Run : IDisposable
    {
        private readonly MusicGenModel _model;
        private readonly Conditions _conditions;
        private readonly List<WindowDecoding> _windows;

        public Run(MusicGenModel model, int songs, int steps)
        {
            _model = model;
            int[] text = [.. Enumerable.Range(0, 12).Select(i => 3 + i), 1];
            _conditions = Conditions.OfText(model, text, null, isGuided: true);
            _windows = [.. Enumerable.Range(0, songs).Select(i => new WindowDecoding(
                model, _conditions, new SamplingSettings(IsGreedy: false, 1, 250, 0, 3), new CodeDice(i), NoCodes(model), steps, 0))];
            _windows.ForEach(w => w.Prefill());
            DecoderPass.Step(model, _windows, 2 * songs);
        }

        /// <summary>Milliseconds.</summary>
        public List<double> Times { get; } = [];

        public bool IsDone => _windows[0].IsDone;

        public double Median => Times.Order().ElementAt(Times.Count / 2);

        public double Quiet => Times.Order().ElementAt(Times.Count / 10);

        public void Step()
        {
            var start = Stopwatch.GetTimestamp();
            DecoderPass.Step(_model, _windows, 2 * _windows.Count);
            Times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        public void Dispose()
        {
            _windows.ForEach(w => w.Dispose());
            _conditions.Dispose();
        }
    }

    /// <summary>Whether a song has the same codes alone as in the last place among three others, in passes of as many rows.</summary>
    private static bool AreTheSameInCompany(MusicGenModel model)
    {
        const int Songs = 4, Frames = 13;
        int[] text = [.. Enumerable.Range(0, 12).Select(i => 3 + i), 1];
        using var conditions = Conditions.OfText(model, text, null, isGuided: true);
        string Last(int songs)
        {
            using var scope = torch.NewDisposeScope();
            var windows = Enumerable.Range(Songs - songs, songs)
                .Select(i => new WindowDecoding(model, conditions, new SamplingSettings(false, 1, 250, 0, 3), new CodeDice(i), NoCodes(model), Frames, 0)).ToList();
            windows.ForEach(w => w.Prefill());
            while (!windows[0].IsDone)
                DecoderPass.Step(model, windows, 2 * Songs);
            windows.ForEach(w => w.Dispose());
            return string.Join('|', windows[^1].Codes.Select(row => string.Join(' ', row)));
        }

        return Last(1) == Last(Songs);
    }

    private static EngineProfile ProfileOf(string name, int threads)
    {
        var (decoder, precision) = (name.Split('-')[0], name.Split('-')[^1]);
        return TorchRuntime.Profiles(new InferenceOptions { Device = "cpu", Decoder = decoder, Precision = precision, Threads = threads })[0];
    }

    // What a step reads of the decoder's weights: not the embeddings, not the text's keys and values.
    private static double WeightBytes(MusicGenConfig config, EngineProfile profile) => TensorShapes.Of(config)
        .Where(t => t.Key.StartsWith("decoder.", StringComparison.Ordinal) && !t.Key.Contains("embed_tokens", StringComparison.Ordinal)
            && !t.Key.Contains("encoder_attn.k_proj", StringComparison.Ordinal) && !t.Key.Contains("encoder_attn.v_proj", StringComparison.Ordinal))
        .Sum(t => (double)t.Value.Aggregate(1L, (product, n) => product * n) * (profile.Precision switch
        {
            Precision.Fp32 => 4,
            Precision.Int8 when !t.Key.Contains("lm_heads", StringComparison.Ordinal) => 1,
            _ => 2,
        }));

    private static int[][] NoCodes(MusicGenModel model) => [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(_ => Array.Empty<int>())];
}
