using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Long chords behind everything; in strong sections its top voice becomes a slow counter-melody.</summary>
internal static class PadWriter
{
    public static List<Note> Write(Plan plan, Harmony harmony, string instrument)
    {
        var notes = new List<Note>();
        var dice = plan.Dice.For("pad").For(instrument);
        var voicing = new Voicing(Registers.ChordCentre(instrument) + 2);
        var leads = instrument is "strings" or "choir" or "brass";
        foreach (var section in plan.Sections)
        {
            // In the quiet middle of a song the pad is what is left; in its first verse it waits.
            var waits = section is { Kind: SectionKind.Theme, Intensity: < 0.56, FirstBar: > 0 } && plan.Band.Count > 3;
            var from = (double)section.FirstBar * plan.Metre.Beats;
            foreach (var span in harmony.Between(from, from + (section.Bars * plan.Metre.Beats)))
            {
                var pitches = voicing.Next(span.Chord);
                if (waits)
                    continue;
                var velocity = 0.24 + (0.5 * section.Intensity);
                foreach (var pitch in pitches)
                    notes.Add(new Note(span.Start, span.Length, pitch, velocity));
                if (leads && section.Intensity > 0.7)
                    notes.Add(new Note(span.Start, span.Length * 0.5, pitches[^1] + 12, velocity * 0.9));
                if (leads && section.Intensity > 0.7)
                    notes.Add(new Note(span.Start + (span.Length * 0.5), span.Length * 0.5, pitches[dice.Below(pitches.Length)] + 12, velocity * 0.9));
            }
        }

        foreach (var pitch in voicing.Next(harmony.Last.Chord))
            notes.Add(new Note(harmony.Last.Start, harmony.Last.Length, pitch, 0.5));
        return notes;
    }
}
