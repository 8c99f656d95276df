using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;
using TorchSharp;

namespace MusicGen.Programs;

/// <summary>
/// Milliseconds a step of the decoder on libtorch, by shape, precision and songs at once, with random weights, against the
/// memory bandwidth that this machine shows in the same run; and how fast the codec is.
/// </summary>
internal static class DecoderSpeedRun
{
    private const int FrameRate = 50;

    private static readonly Dictionary<string, (int Width, int Layers, int Heads)> Shapes = new(StringComparer.Ordinal)
    {
        ["tiny"] = (64, 2, 4),
        ["small"] = (1024, 24, 16),
        ["medium"] = (1536, 48, 24),
        ["large"] = (2048, 48, 32),
    };

    public static Command Command()
    {
        var shapes = new Option<string[]>("--shapes") { DefaultValueFactory = _ => ["small", "medium", "large"], AllowMultipleArgumentsPerToken = true, Description = "tiny, small, medium, large." };
        var precisions = new Option<string[]>("--precisions") { DefaultValueFactory = _ => ["fp32", "bf16"], AllowMultipleArgumentsPerToken = true, Description = "fp32, bf16." };
        var songs = new Option<int[]>("--songs") { DefaultValueFactory = _ => [1, 2, 4, 8, 16], AllowMultipleArgumentsPerToken = true, Description = "Songs at once, each under guidance." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 256, Description = "Steps of a cell, at most." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 30, Description = "How long a cell may take." };
        var command = new Command("decoder-speed", "Time of a decoding step by shape, precision and songs at once.") { shapes, precisions, songs, steps, seconds };
        command.SetAction(r =>
        {
            if (TorchRuntime.Problem is { } problem)
            {
                Console.Error.WriteLine(problem);
                return 1;
            }

            Console.WriteLine("| shape | precision | songs | steps | ms a step, median | quiet tenth | times real time, all songs | share of the bandwidth | codec, times real time |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
            foreach (var shape in r.GetRequiredValue(shapes))
            {
                foreach (var precision in r.GetRequiredValue(precisions))
                    Measure(shape, precision, r.GetRequiredValue(songs), r.GetValue(steps), TimeSpan.FromSeconds(r.GetValue(seconds)));
            }

            return 0;
        });
        return command;
    }

    private static void Measure(string shape, string precision, int[] songs, int steps, TimeSpan length)
    {
        var config = ConfigOf(shape);
        var type = precision == "bf16" ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
        var elementBytes = type == torch.ScalarType.BFloat16 ? 2 : 4;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var weights = LoadedModel.BytesFor(config, type);
        if (weights > memory * 9 / 10)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {shape} | {precision} | | | doesn't fit: {weights / 1e9:0.0} GB of weights, {memory / 1e9:0.0} GB of memory | | | | |"));
            return;
        }

        using var mode = torch.inference_mode();
        using var model = new MusicGenModel(config, new RandomWeights(config), torch.CPU, type);
        var codec = CodecSpeed(model);
        Console.Error.WriteLine($"{shape} {precision}: codes alone and among others are {(AreTheSameInCompany(model) ? "equal" : "DIFFERENT")}");
        foreach (var count in songs)
        {
            var caches = count * KeyValueCache.BytesFor(config.Decoder, 2, steps + 8, elementBytes);
            if (weights + caches > memory * 9 / 10)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {shape} | {precision} | {count} | | doesn't fit: {(weights + caches) / 1e9:0.0} GB | | | | |"));
                continue;
            }

            var times = Steps(model, count, steps, length);
            var (median, quiet) = (times.Order().ElementAt(times.Count / 2), times.Order().ElementAt(times.Count / 10));
            // Weights once, and half of the final cache on the average.
            var bytes = BytesOfAStep(config) * elementBytes + (caches / 2.0 * times.Count / steps);
            var bandwidth = Bandwidth.Measure();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {shape} | {precision} | {count} | {times.Count} | {median:0.0} | {quiet:0.0} | {1000.0 / FrameRate / median * count:0.00} | {bytes / (quiet / 1000) / bandwidth:0 %} of {bandwidth / 1e9:0.0} GB/s | {codec:0.0} |"));
        }
    }

    private static List<double> Steps(MusicGenModel model, int songs, int steps, TimeSpan length)
    {
        using var scope = torch.NewDisposeScope();
        int[] text = [.. Enumerable.Range(0, 12).Select(i => 3 + i), 1];
        using var conditions = Conditions.OfText(model, text, null, isGuided: true);
        var settings = new SamplingSettings(IsGreedy: false, 1, 250, 0, 3);
        int[][] none = [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(_ => Array.Empty<int>())];
        var windows = Enumerable.Range(0, songs)
            .Select(i => new WindowDecoding(model, conditions, settings, new CodeDice(i), none, steps, 0)).ToList();
        windows.ForEach(w => w.Prefill());
        DecoderPass.Step(model, windows, 2 * songs);
        var times = new List<double>();
        var start = Stopwatch.GetTimestamp();
        while (times.Count < steps - 2 && !windows[0].IsDone && (times.Count < 3 || Stopwatch.GetElapsedTime(start) < length))
        {
            var step = Stopwatch.GetTimestamp();
            DecoderPass.Step(model, windows, 2 * songs);
            times.Add(Stopwatch.GetElapsedTime(step).TotalMilliseconds);
        }

        windows.ForEach(w => w.Dispose());
        return times;
    }

    /// <summary>Whether a song has the same codes alone as in the last place among three others, in passes of as many rows.</summary>
    private static bool AreTheSameInCompany(MusicGenModel model)
    {
        const int Songs = 4, Frames = 13;
        int[] text = [.. Enumerable.Range(0, 12).Select(i => 3 + i), 1];
        using var conditions = Conditions.OfText(model, text, null, isGuided: true);
        int[][] none = [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(_ => Array.Empty<int>())];
        string Last(int songs)
        {
            using var scope = torch.NewDisposeScope();
            var windows = Enumerable.Range(Songs - songs, songs)
                .Select(i => new WindowDecoding(model, conditions, new SamplingSettings(false, 1, 250, 0, 3), new CodeDice(i), none, Frames, 0)).ToList();
            windows.ForEach(w => w.Prefill());
            while (!windows[0].IsDone)
                DecoderPass.Step(model, windows, 2 * Songs);
            windows.ForEach(w => w.Dispose());
            return string.Join('|', windows[^1].Codes.Select(row => string.Join(' ', row)));
        }

        return Last(1) == Last(Songs);
    }

    private static double CodecSpeed(MusicGenModel model)
    {
        const int Seconds = 5;
        using var scope = torch.NewDisposeScope();
        int[][] codes = [.. Enumerable.Range(0, model.Config.Codec.Quantizers).Select(_ => new int[Seconds * FrameRate])];
        using var stream = model.Codec.Open(codes);
        stream.Next();
        var start = Stopwatch.GetTimestamp();
        while (!stream.IsDone)
            stream.Next();
        return (Seconds - 1) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // What a step reads of the decoder's weights: not the embeddings, not the text's keys and values.
    private static double BytesOfAStep(MusicGenConfig config) => TensorShapes.Of(config)
        .Where(t => t.Key.StartsWith("decoder.", StringComparison.Ordinal) && !t.Key.Contains("embed_tokens", StringComparison.Ordinal)
            && !t.Key.Contains("encoder_attn.k_proj", StringComparison.Ordinal) && !t.Key.Contains("encoder_attn.v_proj", StringComparison.Ordinal))
        .Sum(t => (double)t.Value.Aggregate(1L, (product, n) => product * n));

    private static MusicGenConfig ConfigOf(string shape)
    {
        var (width, layers, heads) = Shapes.TryGetValue(shape, out var known) ? known : throw new ArgumentException($"There is no shape {shape}.", nameof(shape));
        return new MusicGenConfig(
            shape == "tiny" ? new T5Config(100, 32, 8, 64, 1, 4, 32, 128, 1e-6) : new T5Config(32128, 768, 64, 3072, 12, 12, 32, 128, 1e-6),
            new DecoderConfig(2048, width, 4 * width, layers, heads, 4, 1, 2048),
            new EncodecConfig(32000, shape == "tiny" ? 4 : 64, 128, 2048, [8, 5, 4, 4], 7, 7, 3, 1, 2, 2, 2, 2.2),
            null);
    }

    /// <summary>Numbers of the size that trained weights have.</summary>
    private sealed class RandomWeights(MusicGenConfig config) : IWeights
    {
        private readonly Dictionary<string, long[]> _shapes = TensorShapes.Of(config);

        public torch.Tensor Load(string name)
        {
            var tensor = torch.empty(_shapes[name]);
            return name.EndsWith("norm.weight", StringComparison.Ordinal) || name.EndsWith(ConvolutionLayer.Gain, StringComparison.Ordinal)
                ? tensor.fill_(1)
                : tensor.uniform_(-0.03, 0.03);
        }
    }
}
