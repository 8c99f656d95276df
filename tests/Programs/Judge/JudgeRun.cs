using System.CommandLine;
using System.Globalization;

namespace MusicGen.Programs.Judge;

/// <summary>Judges the composer by its sound alone; every part ends with a line that says whether the promise holds.</summary>
internal static class JudgeRun
{
    public static Command Command()
    {
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 2, Description = "Renderings at once.", Recursive = true };
        var command = new Command("judge", "What the composer's sound shows: tempo and key, genres, moods, levels and faults.") { threads };
        Add(command, "tempo-key", 200, "Asked tempo and key against what is found in the sound.", threads, TempoAndKey.RunAsync);
        Add(command, "genres", 20, "Genres told apart by the sound alone; the count is seeds a genre.", threads, GenresAndMoods.GenresAsync);
        Add(command, "moods", 20, "Pairs of moods in their order; the count is seeds a pair.", threads, GenresAndMoods.MoodsAsync);
        Add(command, "levels", 500, "Loudness, peaks, clicks, silence, DC, over random and hostile prompts.", threads, Levels.RunAsync);
        Add(command, "small", 16, "One rendering of each genre through all of it: what runs with the tests.", threads, SmallRun.RunAsync);
        Add(command, "tools", 16, "What aubio, libebur128 and sox hear beside the judge; they must be installed.", threads, OtherTools.RunAsync);

        var files = new Argument<string[]>("files") { Description = "WAV files." };
        var file = new Command("files", "Measures files, to be compared with what other tools say of them.") { files };
        file.SetAction(r => Measure(r.GetRequiredValue(files)));
        command.Add(file);
        return command;
    }

    /// <summary>Prints a promise and whether it holds.</summary>
    /// <returns>Whether it does.</returns>
    public static bool Promise(string what, double value, double least, string unit = "%")
    {
        var holds = value >= least;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(holds ? "holds" : "FAILS")}: {what}: {value:0.##} {unit} (at least {least:0.##})"));
        return holds;
    }

    private static void Add(
        Command parent, string name, int count, string description, Option<int> threads, Func<Renderings, int, int, CancellationToken, Task<bool>> run)
    {
        var counts = new Option<int>("--count") { DefaultValueFactory = _ => count, Description = "How many." };
        var command = new Command(name, description) { counts };
        command.SetAction(async (r, ct) =>
        {
            using var renderings = new Renderings();
            return await run(renderings, r.GetValue(counts), r.GetValue(threads), ct) ? 0 : 1;
        });
        parent.Add(command);
    }

    private static int Measure(string[] files)
    {
        foreach (var file in files)
        {
            var sound = Sound.Read(file);
            var onsets = Onsets.Of(sound);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(file)}: {sound.Seconds:0.000} s, {sound.Rate} Hz, {LoudnessMeter.Integrated(sound):0.00} LUFS, {LoudnessMeter.TruePeakDb(sound):0.00} dBTP, "
                + $"{TempoFinder.Find(onsets):0.0} bpm, {KeyFinder.Find(KeyFinder.Chroma(sound))}, {onsets.Peaks().Count} onsets, centre {Features.Brightness(sound):0} Hz, "
                + $"DC {Faults.Dc(sound):0.00000}, silence {Faults.LongestSilence(sound):0.00} s, clicks {string.Join(' ', Faults.Clicks(sound))}"));
        }

        return 0;
    }
}
