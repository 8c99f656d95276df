using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.Programs;

/// <summary>
/// What can be heard where one window of a long song ends and the next begins: the steps between neighbouring samples and
/// the change of the spectrum there, against every other second of the song.
/// </summary>
internal static class SeamRun
{
    private const int Around = 640;
    private const int Bands = 32;

    public static Command Command()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model's folder." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 84, Description = "Of the song; a window ends at 30, 48, 66, …" };
        var command = new Command("seam", "How smooth a song is where its windows meet.") { model, seconds };
        command.SetAction((r, ct) => RunAsync(Path.GetFullPath(r.GetRequiredValue(model)), r.GetValue(seconds), ct));
        return command;
    }

    private static async Task<int> RunAsync(string folder, double seconds, CancellationToken ct)
    {
        using var engine = new TorchMusicEngine(new InferenceOptions { Folder = folder }, TimeProvider.System, NullLogger<TorchMusicEngine>.Instance);
        if (engine.Models.Count == 0)
        {
            Console.Error.WriteLine(engine.Problem ?? engine.Folders[0].Fault);
            return 1;
        }

        var request = new MusicRequest { Prompt = "a calm piano melody", Seconds = seconds, Seed = 1, Normalize = Normalization.None };
        var clip = await engine.GenerateAsync(engine.Models[0], request, new Progress<StepsDone>(), ct);
        var mono = Enumerable.Range(0, clip.Frames).Select(i => clip.Samples[i * clip.Channels]).ToArray();
        int[] seams = [.. Enumerable.Range(0, (int)Math.Max(0, Math.Ceiling((seconds - 30) / 18))).Select(i => 30 + (18 * i))];
        int[] others = [.. Enumerable.Range(1, (int)seconds - 2).Except(seams)];
        Report("mean step between samples", at => Step(mono, at * clip.SampleRate));
        Report("change of the spectrum", at => Change(mono, at * clip.SampleRate));
        return 0;

        void Report(string what, Func<int, double> measure)
        {
            var elsewhere = others.Select(measure).Order().ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: at the {seams.Length} seams {seams.Average(measure):0.0000}, elsewhere {elsewhere.Average():0.0000} (a tenth above {elsewhere[elsewhere.Count * 9 / 10]:0.0000})"));
        }
    }

    private static double Step(float[] samples, int at) =>
        Enumerable.Range(at - Around, 2 * Around).Average(i => Math.Abs((double)samples[i] - samples[i - 1]));

    // Distance of the two frames' magnitudes, in parts of their sum.
    private static double Change(float[] samples, int at)
    {
        var (before, after) = (Spectrum(samples, at - Around), Spectrum(samples, at));
        return before.Zip(after).Sum(p => Math.Abs(p.First - p.Second)) / (before.Sum() + after.Sum() + 1e-12);
    }

    private static double[] Spectrum(float[] samples, int from) => [.. Enumerable.Range(1, Bands).Select(band =>
    {
        var (re, im) = (0.0, 0.0);
        for (var i = 0; i < Around; i++)
        {
            var angle = 2 * Math.PI * band * 8 * i / Around;
            re += samples[from + i] * Math.Cos(angle);
            im += samples[from + i] * Math.Sin(angle);
        }

        return Math.Sqrt((re * re) + (im * im));
    })];
}
