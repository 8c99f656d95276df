namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Leads the voices of chords: each chord is laid so that its notes are close to those before.</summary>
internal sealed class Voicing(int centre)
{
    private const int MaxVoices = 4;
    private int[]? _before;

    /// <summary>The pitches of a chord, from low to high.</summary>
    public int[] Next(Chord chord)
    {
        // Five tones crowd the middle: the root is the bass's, then the fifth goes.
        var intervals = chord.Intervals.Count > MaxVoices ? chord.Intervals.Where(i => i is not 0).ToList() : [.. chord.Intervals];
        int[]? best = null;
        var bestCost = double.MaxValue;
        for (var bottom = centre - 9; bottom <= centre + 4; bottom++)
        {
            if (intervals.All(i => (chord.Root + i - bottom) % 12 != 0))
                continue;
            var pitches = intervals.Select(i => bottom + ((((chord.Root + i - bottom) % 12) + 12) % 12)).Order().ToArray();
            var cost = Cost(pitches);
            if (cost < bestCost)
                (best, bestCost) = (pitches, cost);
        }

        return _before = best!;
    }

    private double Cost(int[] pitches)
    {
        var cost = Math.Abs(pitches.Average() - centre) * 0.6;
        // Seconds at the bottom of a chord are mud.
        if (pitches.Length > 1 && pitches[1] - pitches[0] < 3)
            cost += 2;
        if (_before is null)
            return cost;
        foreach (var pitch in pitches)
            cost += _before.Min(b => Math.Abs(b - pitch));
        return cost + Math.Abs(pitches[^1] - _before[^1]);
    }
}
