using System.CommandLine;
using System.Globalization;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Writes the composer's audition page, to be opened in a browser; needs no server.</summary>
internal static class AuditionCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--out") { Required = true, Description = "A folder, made where it is missing; index.html is the page.", HelpName = "FOLDER" };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 24, Description = "Length of each piece." };
        var count = new Option<int>("--count") { DefaultValueFactory = _ => ComposerAudition.MostPieces, Description = "How many of the prompts." };
        seconds.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<double>() is not (>= 1 and <= 600))
                r.AddError("--seconds must be from 1 to 600.");
        });
        count.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() < 1 || r.GetValueOrDefault<int>() > ComposerAudition.MostPieces)
                r.AddError(string.Create(CultureInfo.InvariantCulture, $"--count must be from 1 to {ComposerAudition.MostPieces}."));
        });
        var command = new Command("audition", "Render a fixed set of prompts by the embedded composer: one page with players, spectrograms, scores and measurements.") { folder, seconds, count };
        command.SetAction((r, ct) => RunAsync(Path.GetFullPath(r.GetRequiredValue(folder)), r.GetValue(seconds), r.GetValue(count), ct));
        return command;
    }

    private static async Task<int> RunAsync(string folder, double seconds, int count, CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(folder);
            await StepsOnConsole.ShowAsync("Composing", progress => Task.Factory.StartNew(
                () =>
                {
                    ComposerAudition.Write(folder, seconds, count, progress, ct);
                    return count;
                },
                ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{folder} can't be written: {e.Message}", e);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(folder, "index.html")}: {count} {(count == 1 ? "piece" : "pieces")}."));
        return Answer.Done;
    }
}
