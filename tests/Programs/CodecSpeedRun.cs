using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Encodec;
using TorchSharp;

namespace MusicGen.Programs;

/// <summary>How fast EnCodec's decoder makes sound of codes, at the size that all published models have, in the parts that songs are made in.</summary>
internal static class CodecSpeedRun
{
    private static readonly MusicGenConfig Model = RandomModel.ConfigOf("small");

    private static EncodecConfig Config => Model.Codec;

    public static Command Command()
    {
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "Of sound." };
        var command = new Command("codec-speed", "Times real time of the codec, part by part, and what the song's length adds to the memory.") { seconds };
        command.SetAction(r =>
        {
            if (TorchRuntime.Problem is { } problem)
            {
                Console.Error.WriteLine(problem);
                return 1;
            }

            Measure(r.GetValue(seconds));
            return 0;
        });
        return command;
    }

    private static void Measure(int seconds)
    {
        using var mode = torch.inference_mode();
        var weights = new RandomModel(Model);
        using var quantizer = new ResidualVectorQuantizer(Config, weights, torch.CPU);
        using var codec = new EncodecDecoder(Config, quantizer, weights, torch.CPU);
        Run(codec, 5, []); // warms up
        var parts = new List<(int Frames, double Milliseconds)>();
        var before = Environment.WorkingSet;
        Run(codec, seconds, parts);
        var grown = Environment.WorkingSet - before;

        Console.WriteLine("| part, frames | parts | ms, median | quiet tenth | times real time, median | quiet tenth |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var group in parts.GroupBy(p => p.Frames).OrderBy(g => g.Key))
        {
            var times = group.Select(p => p.Milliseconds).Order().ToList();
            var (median, quiet) = (times[times.Count / 2], times[times.Count / 10]);
            var length = 1000.0 * group.Key / Config.FrameRate;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {group.Key} | {times.Count} | {median:0.0} | {quiet:0.0} | {length / median:0.0} | {length / quiet:0.0} |"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} s in {parts.Sum(p => p.Milliseconds) / 1000:0.0} s, {seconds * 1000 / parts.Sum(p => p.Milliseconds):0.0} times real time; the memory grew by {grown / 1e6:0} MB"));
    }

    private static void Run(EncodecDecoder codec, int seconds, List<(int Frames, double Milliseconds)> parts)
    {
        using var scope = torch.NewDisposeScope();
        int[][] codes = [.. Enumerable.Range(0, Config.Quantizers).Select(q => Enumerable.Range(0, seconds * Config.FrameRate).Select(t => ((t * 31) + (q * 17)) % Config.Cardinality).ToArray())];
        using var stream = codec.Open(codes);
        while (!stream.IsDone)
        {
            var start = Stopwatch.GetTimestamp();
            var samples = stream.Next().Length;
            parts.Add((samples / Config.Hop, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
        }
    }
}
