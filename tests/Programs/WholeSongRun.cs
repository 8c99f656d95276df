using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Programs;

/// <summary>
/// Whole runs of the product's own command, codec and start included, on a model of a published shape with random weights:
/// how long until the first step, how fast, how much memory.
/// </summary>
internal static class WholeSongRun
{
    public static Command Command()
    {
        var shape = new Option<string>("--shape") { DefaultValueFactory = _ => "small", Description = string.Join(", ", RandomModel.Shapes) };
        var profiles = new Option<string[]>("--profiles")
        {
            DefaultValueFactory = _ => ["torch-fp32", "auto-fp32", "auto-bf16", "auto-int8"],
            AllowMultipleArgumentsPerToken = true,
            Description = "DECODER-PRECISION, as decoder-speed has them.",
        };
        var seconds = new Option<double[]>("--seconds") { DefaultValueFactory = _ => [10, 30], AllowMultipleArgumentsPerToken = true, Description = "Of the songs." };
        var command = new Command("whole-song", "Whole runs of `generate` with a model of a published shape: time, memory, start.") { shape, profiles, seconds };
        command.SetAction((r, ct) => RunAsync(r.GetRequiredValue(shape), r.GetRequiredValue(profiles), r.GetRequiredValue(seconds), ct));
        return command;
    }

    private static async Task<int> RunAsync(string shape, string[] profiles, double[] seconds, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-whole-").FullName;
        try
        {
            Console.Error.WriteLine($"Writing random weights of the shape {shape}");
            var model = Path.Combine(folder, shape);
            RandomCheckpoint.Write(shape, Path.Combine(ProgramFolder.Home, "tests", "Integration", "Inference", "reference", "mono"), model);
            Console.WriteLine("| shape | profile | song | run | start to first step | whole run | times real time, start left out | peak memory |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            foreach (var profile in profiles)
            {
                foreach (var length in seconds)
                {
                    foreach (var run in length == seconds[0] ? new[] { "first", "again" } : ["again"])
                    {
                        var (first, whole, peak) = await SingAsync(model, folder, profile, length, ct);
                        Console.WriteLine(string.Create(
                            CultureInfo.InvariantCulture,
                            $"| {shape} | {profile} | {length} s | {run} | {first:0.0} s | {whole:0.0} s | {length / (whole - first):0.00} | {peak / 1e6:0} MB |"));
                    }
                }
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double First, double Whole, long Peak)> SingAsync(
        string model, string folder, string profile, double seconds, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "MusicGen.WebApi.dll"), "generate", "calm piano", "--model", model, "--seconds", seconds.ToString(CultureInfo.InvariantCulture),
            "--device", "cpu", "--precision", profile.Split('-')[^1], "--out", Path.Combine(folder, "song.wav"), "--json",
        })
            start.ArgumentList.Add(word);
        start.Environment["INFERENCE_DECODER"] = profile.Split('-')[0];
        start.Environment["INFERENCE_CACHE"] = Path.Combine(folder, "packed");
        start.Environment["MUSICGEN_DATA"] = folder;
        start.Environment["MUSICGEN_ENV_FILE"] = string.Empty;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program didn't start.");
        var (first, peak) = (0.0, 0L);
        var errors = new List<string>();
        var listening = Task.Run(
            async () =>
            {
                while (await process.StandardError.ReadLineAsync(ct) is { } line)
                {
                    errors.Add(line);
                    if (first == 0 && line.Contains('%', StringComparison.Ordinal))
                        first = clock.Elapsed.TotalSeconds;
                }
            },
            ct);
        var output = process.StandardOutput.ReadToEndAsync(ct);
        while (!process.HasExited)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
            await Task.Delay(20, ct);
        }

        await listening;
        if (process.ExitCode != 0)
            throw new InvalidOperationException(string.Join('\n', errors));
        await output;
        return (first, clock.Elapsed.TotalSeconds, peak);
    }

    // The most that it ever had in memory, as Linux counts it; elsewhere what it has.
    private static long PeakOf(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
