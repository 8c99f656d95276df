using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.Programs;

/// <summary>
/// How many times faster than it plays the composer makes music on one core, level and file included, by genre; and how
/// much memory short and long pieces need.
/// </summary>
internal static class ComposerSpeedRun
{
    public static Command Command()
    {
        var genres = new Option<string[]>("--genres") { DefaultValueFactory = _ => [.. MusicVocabulary.Genres], AllowMultipleArgumentsPerToken = true, Description = "Of the vocabulary." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 60, Description = "Length of each piece." };
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 3, Description = "Pieces of each genre." };
        var lengths = new Option<double[]>("--lengths") { DefaultValueFactory = _ => [30, 120, 600], AllowMultipleArgumentsPerToken = true, Description = "Seconds of music whose memory is measured, from short to long." };
        var least = new Option<double>("--least") { DefaultValueFactory = _ => 20, Description = "Times real time that each piece must reach." };
        var command = new Command("composer-speed", "The composer's real-time factor by genre on one core, and its memory by length.") { genres, seconds, seeds, lengths, least };
        command.SetAction((r, ct) => Task.FromResult(Run(r.GetRequiredValue(genres), r.GetValue(seconds), r.GetValue(seeds), r.GetRequiredValue(lengths), r.GetValue(least), ct) ? 0 : 1));
        return command;
    }

    private static bool Run(string[] genres, double seconds, int seeds, double[] lengths, double least, CancellationToken ct)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
            Process.GetCurrentProcess().ProcessorAffinity = 1;
        // What is compiled on the way is no part of the speed.
        foreach (var genre in genres)
            Measure(genre, 10, 0, ct);

        Console.WriteLine("| genre | by the clock, slowest and fastest | by the processor's time, slowest and fastest |");
        Console.WriteLine("|---|---|---|");
        var slowest = double.MaxValue;
        foreach (var genre in genres)
        {
            var runs = Enumerable.Range(1, seeds).Select(seed => Measure(genre, seconds, seed, ct)).ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {genre} | {runs.Min(r => r.Clock):0.0} to {runs.Max(r => r.Clock):0.0} | {runs.Min(r => r.Processor):0.0} to {runs.Max(r => r.Processor):0.0} |"));
            slowest = Math.Min(slowest, runs.Min(r => r.Processor));
        }

        // From short to long: the peak never falls, so a long piece that needs more would show.
        foreach (var length in lengths.Order())
        {
            Measure("orchestral", length, 1, ct);
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at its peak, up to {length:0} s of music: {process.PeakWorkingSet64 / 1e6:0} MB"));
        }

        var holds = slowest >= least;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "holds" : "FAILS")}: slowest piece {slowest:0.0} times real time of one core (at least {least:0.#})"));
        return holds;
    }

    /// <summary>Seconds of music for each second by the clock, and for each second that the processor worked for it.</summary>
    private static (double Clock, double Processor) Measure(string genre, double seconds, int seed, CancellationToken ct)
    {
        using var process = Process.GetCurrentProcess();
        var (start, work) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
        StreamedMusic.Write(new MusicRequest { Prompt = genre, Seconds = seconds, Seed = seed }, Stream.Null, AudioFormat.Wav, new Progress<StepsDone>(), ct);
        process.Refresh();
        return (seconds / Stopwatch.GetElapsedTime(start).TotalSeconds, seconds / (process.TotalProcessorTime - work).TotalSeconds);
    }
}
