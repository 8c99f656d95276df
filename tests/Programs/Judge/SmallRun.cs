using System.Globalization;
using MusicGen.Application.Generations;

namespace MusicGen.Programs.Judge;

/// <summary>Sixteen renderings, one of each genre, through tempo, key, levels and faults; and each fault planted once, to see it found.</summary>
internal static class SmallRun
{
    public static async Task<bool> RunAsync(Renderings renderings, int count, int threads, CancellationToken ct)
    {
        var requests = Enumerable.Range(0, count).Select(i => new MusicRequest
        {
            Prompt = string.Create(CultureInfo.InvariantCulture, $"{TempoAndKey.Genres[i % 16]}, {Tempo(i)} bpm, {(i % 2 == 0 ? "C major" : "A minor")}"),
            Seconds = 10,
            Seed = i,
            SampleRate = 32000,
        }).ToList();
        var heard = await renderings.JudgeAsync(
            requests,
            (_, sound) => (Tempo: TempoFinder.Find(Onsets.Of(sound)), Key: KeyFinder.Find(KeyFinder.Chroma(sound)), Levels: Measured.Of(sound), Planted: Planted(sound)), threads, ct);

        for (var i = 0; i < count; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {requests[i].Prompt}: {heard[i].Tempo:0.0} bpm, {heard[i].Key}"));
        var holds = JudgeRun.Promise("tempo", 100.0 * heard.Where((h, i) => TempoFinder.IsRight(h.Tempo, Tempo(i), TempoAndKey.Tolerance)).Count() / count, 80);
        holds &= JudgeRun.Promise("key, its relative or a fifth away", 100.0 * heard.Where((h, i) => Near(h.Key, i)).Count() / count, 80);
        holds &= Levels.Report(requests, [.. heard.Select(h => h.Levels)]);
        return holds & JudgeRun.Promise("planted faults found", 100.0 * heard.Sum(h => h.Planted) / (count * 4), 100);
    }

    private static int Tempo(int i) => 80 + (i * 7);

    private static bool Near(FoundKey key, int i) => i % 2 == 0 ? key.Is(0, false) || key.IsNear(0, false) : key.Is(9, true) || key.IsNear(9, true);

    /// <summary>How many of four faults are found once they are there: a step, a hole, a constant, a level.</summary>
    private static int Planted(Sound sound)
    {
        Sound With(Func<float, int, float> change) => sound with { Channels = [.. sound.Channels.Select(c => c.Select(change).ToArray())] };
        var middle = sound.Frames / 2;
        var end = sound.Frames - (sound.Rate / 4); // where the last chord dies away, and nothing hides a click
        var found = 0;
        found += Faults.Clicks(With((x, i) => i == end ? x + 0.5f : x)).Exists(t => Math.Abs(t - ((double)end / sound.Rate)) < 0.01) ? 1 : 0;
        found += Faults.LongestSilence(With((x, i) => Math.Abs(i - middle) < 1.1 * sound.Rate ? 0 : x)) > 2 ? 1 : 0;
        found += Faults.Dc(With((x, _) => x + 0.01f)) > 0.001 ? 1 : 0;
        found += Math.Abs(LoudnessMeter.Integrated(With((x, _) => x * 0.8f)) + 14) > 0.5 ? 1 : 0;
        return found;
    }
}
