using System.Globalization;
using MusicGen.Application.Generations;

namespace MusicGen.Programs.Judge;

/// <summary>Whether genres sound different from each other, and moods as their words say.</summary>
internal static class GenresAndMoods
{
    private static readonly (string Less, string More, string What)[] Pairs =
    [
        ("calm", "energetic", "density"), ("serene", "intense", "density"), ("peaceful", "playful", "density"), ("sad", "energetic", "density"),
        ("sad", "happy", "mode"), ("melancholic", "uplifting", "mode"), ("mysterious", "triumphant", "mode"),
        ("sad", "happy", "brightness"), ("calm", "energetic", "brightness"), ("melancholic", "triumphant", "brightness"),
        ("calm", "triumphant", "brightness"), ("peaceful", "epic", "force"), ("serene", "energetic", "force"), ("calm", "dramatic", "force"),
    ];

    public static async Task<bool> GenresAsync(Renderings renderings, int seeds, int threads, CancellationToken ct)
    {
        var requests = TempoAndKey.Genres.SelectMany(g => Enumerable.Range(0, seeds).Select(s => new MusicRequest { Prompt = $"{g} music", Genre = g, Seconds = 20, Seed = s })).ToList();
        var features = await renderings.JudgeAsync(requests, (_, sound) => Features.Of(sound), threads, ct);
        var labels = requests.Select(r => r.Genre!).ToList();
        var guesses = LeaveOneOut.Guess(features, labels);
        foreach (var genre in TempoAndKey.Genres)
        {
            var taken = guesses.Where((_, i) => labels[i] == genre).GroupBy(g => g).OrderByDescending(g => g.Count());
            Console.WriteLine($"  {genre,-12} {string.Join(", ", taken.Select(g => $"{g.Key} {g.Count()}"))}");
        }

        var right = guesses.Zip(labels).Count(p => p.First == p.Second);
        return JudgeRun.Promise($"genres told apart, leave-one-out over {requests.Count} renderings (6 % by chance)", 100.0 * right / requests.Count, 60);
    }

    public static async Task<bool> MoodsAsync(Renderings renderings, int seeds, int threads, CancellationToken ct)
    {
        var moods = Pairs.SelectMany(p => new[] { p.Less, p.More }).Distinct().ToList();
        // The same genre and seed on both sides of a pair: what differs is the mood.
        var requests = moods.SelectMany(m => Enumerable.Range(0, seeds).Select(s => new MusicRequest
        {
            Prompt = "a piece of music",
            Mood = m,
            Genre = TempoAndKey.Genres[s % 16],
            Seconds = 20,
            Seed = s,
        })).ToList();
        var heard = await renderings.JudgeAsync(requests, (_, sound) => Hear(sound), threads, ct);
        var byMood = requests.Zip(heard).GroupBy(p => p.First.Mood!).ToDictionary(g => g.Key, g => g.Select(p => p.Second).ToArray(), StringComparer.Ordinal);

        var (ordered, total) = (0, 0);
        foreach (var (less, more, what) in Pairs)
        {
            var right = Enumerable.Range(0, seeds).Count(s => byMood[less][s][what] < byMood[more][s][what]);
            var wrong = Enumerable.Range(0, seeds).Where(s => byMood[less][s][what] >= byMood[more][s][what]).Select(s => TempoAndKey.Genres[s % 16]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {less} < {more} in {what}: {right} of {seeds} ({byMood[less].Average(h => h[what]):0.###} and {byMood[more].Average(h => h[what]):0.###}) {string.Join(' ', wrong)}"));
            ordered += right;
            total += seeds;
        }

        return JudgeRun.Promise($"pairs of moods in order, {total} pairs", 100.0 * ordered / total, 95);
    }

    private static Dictionary<string, double> Hear(Sound sound)
    {
        var onsets = Onsets.Of(sound);
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["density"] = onsets.Peaks().Count / sound.Seconds,
            ["mode"] = KeyFinder.Majorness(KeyFinder.Chroma(sound)),
            ["brightness"] = Features.Brightness(sound),
            // How strongly things begin, many or few.
            ["force"] = onsets.Strength.Average(),
        };
    }
}
