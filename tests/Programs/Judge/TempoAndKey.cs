using System.Globalization;
using MusicGen.Application.Generations;

namespace MusicGen.Programs.Judge;

/// <summary>Whether the asked tempo and key are what is heard.</summary>
internal static class TempoAndKey
{
    public const double Tolerance = 0.02;

    // Written down here, not taken from the product: the judge shares nothing with it.
    public static readonly string[] Genres =
        ["jazz", "classical", "rock", "electronic", "ambient", "folk", "blues", "country", "reggae", "hip-hop", "pop", "metal", "orchestral", "piano", "acoustic", "instrumental"];

    private static readonly string[] Tonics = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

    public static async Task<bool> RunAsync(Renderings renderings, int count, int threads, CancellationToken ct)
    {
        var asked = Enumerable.Range(0, count).Select(Ask).ToList();
        var heard = await renderings.JudgeAsync(
            [.. asked.Select(a => a.Request)],
            (_, sound) => (Tempo: TempoFinder.Find(Onsets.Of(sound)), Key: KeyFinder.Find(KeyFinder.Chroma(sound))), threads, ct);

        var (tempos, exact, near) = (0, 0, 0);
        foreach (var (a, h) in asked.Zip(heard))
        {
            var tempo = TempoFinder.IsRight(h.Tempo, a.Tempo, Tolerance);
            var key = h.Key.Is(a.Tonic, a.IsMinor);
            tempos += tempo ? 1 : 0;
            exact += key ? 1 : 0;
            near += key || h.Key.IsNear(a.Tonic, a.IsMinor) ? 1 : 0;
            if (!tempo || !key)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {a.Request.Prompt} (seed {a.Request.Seed}): {h.Tempo:0.0} bpm{(tempo ? "" : " WRONG")}, {h.Key}{(key ? "" : " WRONG")}"));
        }

        var holds = JudgeRun.Promise($"tempo within 2 %, octave-aware, in {count} renderings", 100.0 * tempos / count, 95);
        holds &= JudgeRun.Promise("key exact", 100.0 * exact / count, 85);
        return holds & JudgeRun.Promise("key exact, relative or a fifth away", 100.0 * near / count, 95);
    }

    // Every genre in turn; tempo and key walk through their ranges at other paces, so that all meet all.
    private static Asked Ask(int i)
    {
        var genre = Genres[i % 16];
        var tempo = 60 + (i * 37 % 121);
        var (tonic, isMinor) = (i * 5 % 12, i / 3 % 2 == 1);
        var prompt = string.Create(CultureInfo.InvariantCulture, $"{genre}, {tempo} bpm, {Tonics[tonic]} {(isMinor ? "minor" : "major")}");
        return new Asked(new MusicRequest { Prompt = prompt, Seconds = 24, Seed = i }, tempo, tonic, isMinor);
    }

    private sealed record Asked(MusicRequest Request, double Tempo, int Tonic, bool IsMinor);
}
