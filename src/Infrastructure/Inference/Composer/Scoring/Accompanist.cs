using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Plays the chords in the manner of the plan.</summary>
internal sealed class Accompanist(Plan plan, Harmony harmony, string instrument)
{
    // Sixteenths of a bar of four; accents by figure: 2 loud, 1 soft.
    private static readonly string[] Strums = ["2.1.2.1..12.1.1.", "2...2.1..12.2.1.", "2.1.2.112.1.2.11"];
    private static readonly string[] CalmStrums = ["2.......2.....1.", "2.......1.1.....", "2...1...2......."];
    private static readonly string[] BusyStrums = ["2.112.112.112.11", "2112.1122112.112", "21122.112112.112"];
    private static readonly string[] JazzHits = ["2.....1.........", "..1...2.........", "......2.......1.", "2.........1....."];
    private static readonly string[] Stabs = ["..2...2...2...2.", "2..2..2...2..2..", "..2..2....2..2.."];
    private readonly List<Note> _notes = [];
    private readonly Voicing _voicing = new(Registers.ChordCentre(instrument));
    private readonly Dice _dice = plan.Dice.For("chords").For(instrument);
    private readonly int _strum = plan.Dice.For("strum").Below(3);

    public List<Note> Write()
    {
        var comping = instrument is "strings" or "brass" or "organ" or "choir" or "pad" && plan.Comping is Comping.Alberti or Comping.Fingerpick or Comping.Strum
            ? Comping.Sustained
            : plan.Comping;
        foreach (var section in plan.Sections)
        {
            for (var bar = section.FirstBar; bar < section.FirstBar + section.Bars; bar++)
            {
                var start = (double)bar * plan.Metre.Beats;
                foreach (var span in harmony.Between(start, start + plan.Metre.Beats))
                    Play(comping, span, _voicing.Next(span.Chord), section, start);
            }
        }

        WriteLast();
        return _notes;
    }

    /// <summary>The last chord, slightly rolled, on instruments that can.</summary>
    private void WriteLast()
    {
        var pitches = _voicing.Next(harmony.Last.Chord);
        var intensity = plan.Sections.Count == 0 ? 0.6 : plan.Sections[^1].Intensity;
        for (var i = 0; i < pitches.Length; i++)
            Add(harmony.Last.Start + (i * 0.035), harmony.Last.Length, pitches[i], 0.4 + (0.35 * intensity));
    }

    private void Play(Comping comping, ChordSpan span, int[] pitches, Section section, double bar)
    {
        var loud = 0.27 + (0.46 * section.Intensity);
        var life = (0.55 * plan.Character.Density) + (0.45 * section.Intensity);
        var isThin = section.Kind is SectionKind.Intro or SectionKind.Bridge && section.Intensity < 0.45;
        switch (comping)
        {
            case Comping.Sustained when life > 0.6 && plan.Style.Name is not "hip-hop":
                // A lively piece doesn't lie down on its chords.
                Arpeggio(span, pitches, loud, plan.Tempo > 118 ? 0.5 : 0.25, [0, 2, 1, 3]);
                break;
            case Comping.Sustained:
                Hold(span, pitches, loud);
                break;
            case Comping.Broken:
                Arpeggio(span, pitches, loud, life < 0.34 && plan.Tempo > 66 ? 1 : isThin || life < 0.6 || (plan.Tempo > 118 && plan.Style.Name != "electronic") ? 0.5 : 0.25, [0, 1, 2, 3, 2, 1]);
                break;
            case Comping.Alberti:
                Arpeggio(span, pitches, loud, life < 0.34 && plan.Tempo > 92 ? 1 : life < 0.42 || plan.Tempo > 100 || isThin ? 0.5 : 0.25, [0, 2, 1, 2]);
                break;
            case Comping.Fingerpick:
                Arpeggio(span, [pitches[0] - 12, .. pitches], loud, life < 0.3 && plan.Tempo > 92 ? 1 : life < 0.42 || plan.Tempo > 112 || isThin ? 0.5 : 0.25, [0, 3, 2, 3, 1, 3, 2, 3]);
                break;
            case Comping.Strum when !isThin:
                Pattern(span, pitches, loud, bar, (life < 0.38 ? CalmStrums : life > 0.76 && plan.Tempo < 132 ? BusyStrums : Strums)[_strum], life < 0.38 ? 1.6 : 0.45, 0.018);
                break;
            case Comping.Jazz:
                Pattern(span, pitches, loud, bar, JazzHits[(int)(bar / plan.Metre.Beats * 7 % 4)], isThin ? 2.5 : _dice.Chance(0.3) ? 1.5 : 0.6, 0.004);
                break;
            case Comping.Skank:
                Offbeats(span, pitches, loud, 0.2, life > 0.72);
                break;
            case Comping.Stab when !isThin:
                Pattern(span, pitches, loud, bar, Stabs[_strum], 0.22, 0);
                break;
            case Comping.Pulse when !isThin:
                var step = life < 0.36 ? 1 : life > 0.8 && plan.Tempo < 116 ? 0.25 : 0.5;
                for (var beat = span.Start; beat < span.End - 1e-9; beat += step)
                    Strike(beat, 0.84 * step, pitches, loud * (beat % 1 == 0 ? 1 : 0.8), 0);
                break;
            case Comping.Chug when !isThin:
                Chug(span, loud);
                break;
            case Comping.Shuffle:
                Boogie(span, pitches[0], loud);
                break;
            case Comping.OomPah:
                OomPah(span, pitches, loud, bar);
                break;
            default:
                Strike(span.Start, span.Length * 0.98, pitches, loud, 0.02);
                break;
        }
    }

    private void Hold(ChordSpan span, int[] pitches, double loud)
    {
        foreach (var pitch in pitches)
            Add(span.Start, span.Length * 0.99, pitch, loud);
    }

    private void Arpeggio(ChordSpan span, int[] pitches, double loud, double step, int[] order)
    {
        var i = 0;
        for (var beat = span.Start; beat < span.End - 1e-9; beat += step, i++)
        {
            var voice = order[i % order.Length];
            // A triad's fourth voice is its first, an octave up.
            var pitch = voice < pitches.Length ? pitches[voice] : pitches[voice - pitches.Length] + 12;
            var rings = Math.Min(span.End - beat, step * (1 + (3 * plan.Character.Legato)));
            Add(beat, rings, pitch, loud * (i == 0 ? 1.08 : beat % 1 == 0 ? 0.95 : 0.82));
        }
    }

    private void Pattern(ChordSpan span, int[] pitches, double loud, double bar, string pattern, double length, double roll)
    {
        for (var step = 0; step < plan.Metre.StepsPerBar; step++)
        {
            var beat = bar + ((double)step / plan.Metre.Steps);
            var mark = pattern[step % pattern.Length];
            if (mark == '.' || beat < span.Start - 1e-9 || beat >= span.End - 1e-9)
                continue;
            // Up-strokes run through the strings from above.
            Strike(beat, length, pitches, loud * (mark == '2' ? 1 : 0.72), mark == '1' ? -roll : roll);
        }
    }

    private void Offbeats(ChordSpan span, int[] pitches, double loud, double length, bool isDouble)
    {
        for (var beat = Math.Ceiling(span.Start); beat < span.End; beat++)
        {
            Strike(beat + 0.5, length, pitches, loud, 0.006);
            if (isDouble)
                Strike(beat + 0.75, length, pitches, loud * 0.7, -0.006);
        }
    }

    /// <summary>Root and fifth, muted on the way and open on the accents.</summary>
    private void Chug(ChordSpan span, double loud)
    {
        var root = 40 + ((span.Chord.Root - 40 + 120) % 12);
        int[] power = [root, root + 7, root + 12];
        var step = plan.Style.Name == "metal" && plan.Tempo < 150 ? 0.25 : 0.5;
        for (var beat = span.Start; beat < span.End - 1e-9; beat += step)
        {
            var isOpen = beat == span.Start || (beat - span.Start) % 4 is 1.5 or 3;
            if (isOpen)
                Strike(beat, plan.Style.Name == "metal" ? 0.9 : 0.95, power, loud * 1.05, 0.004);
            else
                Strike(beat, step * 0.5, power.AsSpan(0, 2), loud * 0.72, 0);
        }
    }

    /// <summary>The boogie figure: the fifth rises to the sixth and back.</summary>
    private void Boogie(ChordSpan span, int bottom, double loud)
    {
        var root = bottom - ((bottom - span.Chord.Root + 120) % 12);
        for (var beat = span.Start; beat < span.End - 1e-9; beat += 0.5)
        {
            var upper = Math.Floor(beat - span.Start) % 2 == 0 ? 7 : 9;
            Strike(beat, 0.4, [root, root + upper], loud * (beat % 1 == 0 ? 1 : 0.78), 0);
        }
    }

    private void OomPah(ChordSpan span, int[] pitches, double loud, double bar)
    {
        for (var beat = span.Start; beat < span.End - 1e-9; beat++)
        {
            var inBar = (int)Math.Round(beat - bar);
            var isOom = plan.Metre.Beats == 3 ? inBar == 0 : inBar % 2 == 0;
            if (isOom && !plan.Has(Role.Bass))
                Add(beat, 0.9, pitches[0] - 12, loud);
            else if (!isOom)
                Strike(beat, 0.5, pitches, loud * 0.8, 0.008);
        }
    }

    private void Strike(double beat, double length, ReadOnlySpan<int> pitches, double loud, double roll)
    {
        for (var i = 0; i < pitches.Length; i++)
            Add(beat + (roll >= 0 ? i * roll : (pitches.Length - 1 - i) * -roll), length, pitches[i], loud);
    }

    private void Add(double beat, double length, int pitch, double velocity) =>
        _notes.Add(new Note(beat, length, pitch, Math.Clamp(velocity + (0.025 * _dice.Bell()), 0.1, 1)));
}
