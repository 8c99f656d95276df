using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer.Corpus;

/// <summary>What is true of a piece, read from its plan and score.</summary>
internal static class Labelling
{
    public static PieceLabels Of(Piece piece)
    {
        var (plan, score) = (piece.Plan, piece.Score);
        double Seconds(double beats) => Math.Round(beats * plan.SecondsPerBeat, 4);
        return new PieceLabels(
            plan.Style.Name, Math.Round(plan.Tempo, 4), plan.Key.ToString(),
            plan.Metre.Steps == 6 ? $"{plan.Metre.Beats * 3}/8" : $"{plan.Metre.Beats}/4",
            [.. score.Parts.Where(p => p.Notes.Count > 0).Select(p => new PartLabel(p.Role.ToString().ToLowerInvariant(), p.Instrument, p.Notes.Count))],
            [.. Merged(score.Chords).Select(c => new ChordLabel(Seconds(c.Start), Seconds(c.End), ChordNames.Of(c.Chord)))],
            [.. plan.Sections.Select(s => new SectionLabel(Seconds((double)s.FirstBar * plan.Metre.Beats), s.Kind.ToString().ToLowerInvariant(), s.Theme, Math.Round(s.Intensity, 3)))],
            plan.Understood);
    }

    // A chord that is struck again in the next bar is still the same chord.
    private static List<ChordSpan> Merged(IReadOnlyList<ChordSpan> chords)
    {
        var merged = new List<ChordSpan>();
        foreach (var chord in chords)
        {
            if (merged.Count > 0 && merged[^1].Chord.Root == chord.Chord.Root && merged[^1].Chord.Intervals.SequenceEqual(chord.Chord.Intervals))
                merged[^1] = merged[^1] with { Length = chord.End - merged[^1].Start };
            else
                merged.Add(chord);
        }

        return merged;
    }
}
