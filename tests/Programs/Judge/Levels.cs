using System.Globalization;
using MusicGen.Application.Generations;

namespace MusicGen.Programs.Judge;

/// <summary>Levels and faults over prompts of every kind, those included that mean harm.</summary>
internal static class Levels
{
    private static readonly string[] Words =
    [
        "calm", "loud", "piano", "no drums", "waltz", "fast", "slow", "epic", "guitar", "strings", "dark", "happy", "sad", "synth", "choir", "bells", "builds up", "starts quiet",
        "fade out", "solo", "harp", "flute", "metal", "ambient", "jazz", "reggae", "blues", "drums only", "very slow", "very fast", "6/8", "5/4", "in D minor", "in F#", "180 bpm",
        "45 bpm", "orchestra", "kalimba", "sitar", "big ending", "quiet", "brass", "without bass", "dorian", "distorted guitar", "cello", "240 bpm", "sparse", "pad", "organ",
    ];

    private static readonly string[] Hostile =
    [
        new('a', 1000), new('#', 1000), string.Concat(Enumerable.Repeat("🎸", 500)), string.Concat(Enumerable.Repeat("no ", 333)), "\0\u0001\u001b[2J\r\n", "99999999 bpm", "-5 bpm NaN bpm 1e9 bpm",
        string.Concat(Enumerable.Repeat("1/", 500)), "\ud800 half a pair", "(((((a+)+)+)+)+)$", string.Concat(Enumerable.Repeat("drums piano ", 83)), "no piano no guitar no drums no bass no strings no synth no organ no choir",
        "'; DROP TABLE music; --", "<script>alert(1)</script>", "../../etc/passwd", "%s%n%x", "ＷＩＤＥ ＬＥＴＴＥＲＳ", "\u202eright to left", "1 bpm", "1000 bpm", "7/8 11/8 13/16", "silence",
        "no music at all", "0", " . ", "quiet quiet quiet quiet quiet quiet", "loud loud loud loud loud loud metal distorted", "solo bass", "solo percussion", "drone",
    ];

    public static async Task<bool> RunAsync(Renderings renderings, int count, int threads, CancellationToken ct)
    {
        var requests = Enumerable.Range(0, count).Select(Ask).ToList();
        var measured = await renderings.JudgeAsync(requests, (_, sound) => Measured.Of(sound), threads, ct);
        return Report(requests, measured);
    }

    public static bool Report(IReadOnlyList<MusicRequest> requests, IReadOnlyList<Measured> measured)
    {
        var bad = 0;
        foreach (var (request, m) in requests.Zip(measured))
        {
            if (m.Faults.Count == 0)
                continue;
            bad++;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {Shown(request.Prompt)} ({request.Seconds:0.#} s, {request.SampleRate ?? 44100} Hz, seed {request.Seed}): {string.Join("; ", m.Faults)}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"loudness {measured.Min(m => m.Loudness):0.00} to {measured.Max(m => m.Loudness):0.00} LUFS, true peak at most {measured.Max(m => m.TruePeak):0.00} dBTP, "
            + $"silence at most {measured.Max(m => m.Silence):0.00} s, DC at most {measured.Max(m => m.Dc):0.00000}, clicks {measured.Sum(m => m.Clicks)}"));
        return JudgeRun.Promise($"renderings without a fault, of {requests.Count}", 100.0 * (requests.Count - bad) / requests.Count, 100);
    }

    private static string Shown(string prompt) => string.Concat(prompt.Take(60).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    // A small generator of its own, so that a run can be repeated anywhere.
    private static MusicRequest Ask(int i)
    {
        var state = (uint)(i * 2654435761L) | 1;
        uint Next(uint below)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return state % below;
        }

        var prompt = i % 5 == 4 ? Hostile[i / 5 % Hostile.Length] : string.Join(' ', Enumerable.Range(0, 1 + (int)Next(5)).Select(_ => Words[Next((uint)Words.Length)]));
        return new MusicRequest
        {
            Prompt = prompt,
            Seconds = i % 7 == 0 ? 1 + (Next(30) / 10.0) : 4 + Next(14),
            Seed = i,
            SampleRate = i % 3 == 0 ? 32000 : 44100,
            Genre = i % 4 == 0 ? TempoAndKey.Genres[Next(16)] : null,
        };
    }
}

/// <summary>One rendering's levels, and what is wrong with it in words.</summary>
internal sealed record Measured(double Loudness, double TruePeak, double Silence, double Dc, int Clicks, IReadOnlyList<string> Faults)
{
    public static Measured Of(Sound sound)
    {
        var loudness = LoudnessMeter.Integrated(sound);
        var peak = LoudnessMeter.TruePeakDb(sound);
        var silence = Judge.Faults.LongestSilence(sound);
        var dc = Judge.Faults.Dc(sound);
        var clicks = Judge.Faults.Clicks(sound);
        var faults = new List<string>();
        void Check(bool isGood, FormattableString what)
        {
            if (!isGood)
                faults.Add(what.ToString(CultureInfo.InvariantCulture));
        }

        Check(Judge.Faults.IsFinite(sound), $"samples that are no numbers");
        Check(Math.Abs(loudness + 14) <= 0.5, $"{loudness:0.00} LUFS");
        Check(peak <= -1, $"{peak:0.00} dBTP");
        Check(silence <= 2, $"{silence:0.0} s of silence");
        Check(dc < 0.001, $"DC {dc:0.0000}");
        Check(clicks.Count == 0, $"clicks at {string.Join(' ', clicks.Take(5))}");
        return new Measured(loudness, peak, silence, dc, clicks.Count, faults);
    }
}
