using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Writes words, music and what is true of it, to teach networks with. The same numbers write the same bytes.</summary>
internal static class ComposeCorpusCommand
{
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // files, not a page: "F#" stays readable
    };

    public static Command Create()
    {
        var count = new Option<int>("--count") { Required = true, Description = "How many pairs." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 10, Description = "Length of each." };
        var folder = new Option<string>("--out") { Required = true, Description = "A folder, made where it is missing.", HelpName = "FOLDER" };
        var seed = new Option<long>("--seed") { DefaultValueFactory = _ => 1, Description = "Decides all words and pieces." };
        var rate = new Option<int>("--sample-rate") { DefaultValueFactory = _ => 32000, Description = "32000, as the networks use, or 44100." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount, Description = "Pieces at once; the files are the same." };
        count.Validators.Add(r => Check(r, r.GetValueOrDefault<int>() is >= 1 and <= 1_000_000, "--count must be from 1 to 1000000."));
        seconds.Validators.Add(r => Check(r, r.GetValueOrDefault<double>() is >= 1 and <= 600, "--seconds must be from 1 to 600."));
        seed.Validators.Add(r => Check(r, r.GetValueOrDefault<long>() >= 0, "--seed must be a whole number from 0 to 2^63-1."));
        rate.Validators.Add(r => Check(r, r.GetValueOrDefault<int>() is 32000 or 44100, "--sample-rate must be 32000 or 44100."));
        threads.Validators.Add(r => Check(r, r.GetValueOrDefault<int>() >= 1, "--threads must be at least 1."));
        var command = new Command("compose-corpus", "Write prompts, audio and exact labels by the embedded composer, to train networks with.") { count, seconds, folder, seed, rate, threads };
        command.SetAction((r, ct) => RunAsync(
            [.. ComposedCorpus.Requests(r.GetRequiredValue(count), r.GetValue(seconds), r.GetValue(rate), r.GetValue(seed))], Path.GetFullPath(r.GetRequiredValue(folder)), r.GetValue(threads), ct));
        return command;
    }

    private static void Check(System.CommandLine.Parsing.SymbolResult result, bool holds, string rule)
    {
        if (!holds)
            result.AddError(rule);
    }

    private static async Task<int> RunAsync(IReadOnlyList<MusicRequest> requests, string folder, int threads, CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var lines = new string[requests.Count];
            await StepsOnConsole.ShowAsync("Composing", async progress =>
            {
                var done = 0;
                await Parallel.ForEachAsync(
                    Enumerable.Range(0, requests.Count), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct },
                    (i, stop) =>
                    {
                        lines[i] = Write(requests[i], i, folder, stop);
                        progress.Report(new StepsDone(Interlocked.Increment(ref done), requests.Count));
                        return ValueTask.CompletedTask;
                    });
                return done;
            });
            // Last: a folder with this file is complete.
            await File.WriteAllTextAsync(Path.Combine(folder, "corpus.jsonl"), string.Concat(lines.Select(l => l + "\n")), ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{folder} can't be written: {e.Message}", e);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: {requests.Count} pairs, corpus.jsonl lists them."));
        return Answer.Done;
    }

    private static string Write(MusicRequest request, int number, string folder, CancellationToken ct)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{number:000000}.wav");
        using (var file = File.Create(Path.Combine(folder, name)))
            StreamedMusic.Write(request, file, AudioFormat.Wav, new Silent(), ct);
        using var written = File.OpenRead(Path.Combine(folder, name));
        return JsonSerializer.Serialize(
            new Pair(name, Convert.ToHexStringLower(SHA256.HashData(written)), request.Prompt, request.Seed, request.Seconds, request.SampleRate!.Value, ComposedCorpus.LabelsOf(request)), Wire);
    }

    /// <summary>One line of corpus.jsonl.</summary>
    private sealed record Pair(string File, string Sha256, string Prompt, long Seed, double Seconds, int SampleRate, PieceLabels Labels);

    private sealed class Silent : IProgress<StepsDone>
    {
        public void Report(StepsDone value)
        {
        }
    }
}
