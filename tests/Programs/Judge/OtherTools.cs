using System.Diagnostics;
using System.Globalization;
using MusicGen.Application.Generations;

namespace MusicGen.Programs.Judge;

/// <summary>
/// What tools of others hear in one rendering of each genre, beside what the judge does: aubio the tempo, libebur128 (by
/// loudgain) loudness and true peak, sox the constant part and the largest sample. In Debian: aubio-tools, loudgain, sox.
/// </summary>
internal static class OtherTools
{
    private const double Seconds = 24;

    public static async Task<bool> RunAsync(Renderings renderings, int count, int threads, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("judge-");
        var heard = new List<Heard>();
        try
        {
            Console.WriteLine("| asked | bpm: aubio, judge | LUFS: libebur128, judge | dBTP: libebur128, judge | DC: sox, judge | peak dBFS: sox |");
            Console.WriteLine("|---|---|---|---|---|---|");
            for (var i = 0; i < count; i++)
            {
                var tempo = 72 + (i * 37 % 97);
                var prompt = string.Create(CultureInfo.InvariantCulture, $"{TempoAndKey.Genres[i % 16]}, {tempo} bpm");
                var bytes = await renderings.FileAsync(new MusicRequest { Prompt = prompt, Seconds = Seconds, Seed = i }, ct);
                var file = Path.Combine(folder.FullName, $"{i}.wav");
                await File.WriteAllBytesAsync(file, bytes, ct);
                heard.Add(await HearAsync(prompt, tempo, file, ct));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"libebur128 and the judge differ by at most {heard.Max(h => Math.Abs(h.Loudness - h.Own.Loudness)):0.00} LU and {heard.Max(h => Math.Abs(h.TruePeak - h.Own.TruePeak)):0.00} dB"));
        int Right(Func<Heard, double> tempo) => heard.Count(h => TempoFinder.IsRight(tempo(h), h.Asked, TempoAndKey.Tolerance));
        Console.WriteLine($"asked tempo within 2 %, octave-aware: aubio {Right(h => h.Tempo)} of {count}, the judge {Right(h => h.OwnTempo)}");
        var holds = JudgeRun.Promise("-14 LUFS within 0.5 by libebur128", 100.0 * heard.Count(h => Math.Abs(h.Loudness + 14) <= 0.5) / count, 100);
        holds &= JudgeRun.Promise("true peak at most -1 dBTP by libebur128", 100.0 * heard.Count(h => h.TruePeak <= -1) / count, 100);
        return holds & JudgeRun.Promise("no DC by sox", 100.0 * heard.Count(h => Math.Abs(h.Dc) < 0.001) / count, 100);
    }

    private static async Task<Heard> HearAsync(string prompt, double asked, string file, CancellationToken ct)
    {
        var tempo = Number((await OutputAsync("aubio", ["tempo", file], ct)).Split(' ')[0]);
        // Of a table with a row of names: file, loudness, range, true peak, true peak in dBTP, …
        var levels = (await OutputAsync("loudgain", ["-q", "-O", file], ct)).Split('\n')[1].Split('\t');
        var stats = (await OutputAsync("sox", [file, "-n", "stats"], ct)).Split('\n');
        double Stat(string name) => Number(stats.Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);

        var sound = Sound.Read(file);
        var own = Measured.Of(sound);
        var ownTempo = TempoFinder.Find(Onsets.Of(sound));
        var found = new Heard(asked, tempo, ownTempo, Number(levels[1]), Number(levels[4]), Stat("DC offset"), own);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {prompt} | {tempo:0.0}, {ownTempo:0.0} | {found.Loudness:0.00}, {own.Loudness:0.00} | {found.TruePeak:0.00}, {own.TruePeak:0.00} | {found.Dc:0.00000}, {own.Dc:0.00000} | {Stat("Pk lev dB"):0.00} |"));
        return found;
    }

    private static double Number(string text) => double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Both outputs of a tool, since sox writes its statistics to the second.</summary>
    private static async Task<string> OutputAsync(string tool, string[] arguments, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return await output + await errors;
    }

    private sealed record Heard(double Asked, double Tempo, double OwnTempo, double Loudness, double TruePeak, double Dc, Measured Own);
}
