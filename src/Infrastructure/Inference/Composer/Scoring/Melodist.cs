using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>
/// Writes the melody. A theme is a phrase of four bars: an idea, its answer, the idea developed, a rest. Themes return
/// with their sections, each time adorned, moved or turned a little differently.
/// </summary>
internal sealed class Melodist
{
    private readonly Plan _plan;
    private readonly Harmony _harmony;
    private readonly int[] _scale;
    private readonly int _centre;
    private readonly List<Note> _notes = [];
    // At the height of a piece these play in two voices.
    private readonly bool _hasCompany;
    private int _lastPitch;

    private Melodist(Plan plan, Harmony harmony, string instrument)
    {
        _plan = plan;
        _harmony = harmony;
        // The blues scale sounds right over every chord of a blues; elsewhere the key's own scale rules.
        _scale = plan.Style.IsBlue ? (plan.Key.IsMinor ? [0, 3, 5, 6, 7, 10] : [0, 2, 3, 4, 7, 9])
            : plan.IsPentatonic ? (plan.Key.IsMinor ? [0, 3, 5, 7, 10] : [0, 2, 4, 7, 9]) : [.. plan.Key.Scale];
        _centre = Registers.Centre(instrument) + (int)Math.Round(plan.Character.Brightness * 3);
        _lastPitch = _centre;
        _hasCompany = instrument is "violin" or "strings" or "brass" or "trumpet" or "electric guitar" or "distorted guitar" or "lead" or "synth" or "piano" or "accordion" or "organ" or "choir";
    }

    public static List<Note> Write(Plan plan, Harmony harmony, string instrument)
    {
        var melodist = new Melodist(plan, harmony, instrument);
        var visits = new int[3];
        foreach (var section in plan.Sections)
        {
            if (section.Kind == SectionKind.Intro)
                melodist.WriteIntro(section);
            else
                melodist.WriteSection(section, visits[section.Theme]++);
        }

        melodist.WriteLast();
        return melodist._notes;
    }

    private Motif[] Phrase(int theme)
    {
        var source = _plan.Themes ?? _plan;
        var dice = source.Dice.For("theme").For(theme);
        var density = Math.Clamp(source.Character.Density + (theme switch { 1 => 0.12, 2 => -0.15, _ => 0 }), 0.05, 1);
        var isSwung = source.Style is { Swing: > 0, SwingsSixteenths: false };
        var idea = Motif.Invent(_plan.Metre, density, isSwung, dice.For("idea"));
        var answer = dice.Chance(0.6) ? idea.WithNewEnd(dice.For("answer")) : Motif.Invent(_plan.Metre, density, isSwung, dice.For("answer"));
        var developed = dice.Below(3) switch { 0 => idea.Inverted(), 1 => idea, _ => idea.WithNewEnd(dice.For("developed")) };
        return [idea, answer, developed, answer.Closed(_plan.Metre)];
    }

    /// <summary>The intro only hints: the idea's first notes, once, in its last bar; a single bar stays free.</summary>
    private void WriteIntro(Section section)
    {
        if (section.Bars < 2)
            return;
        var idea = Phrase(0)[0];
        var hint = new Motif([.. idea.Notes.Take(Math.Max(2, idea.Notes.Count / 2))]);
        WriteBar(section.FirstBar + section.Bars - 1, hint, 0, section.Intensity, isCadence: false, _plan.Dice.For("intro"));
    }

    private void WriteSection(Section section, int visit)
    {
        var phrase = Phrase(section.Theme);
        var dice = _plan.Dice.For("section").For(section.FirstBar);
        // The first theme stays where it is, the second rises, the bridge stays low.
        var lift = section.Theme switch { 1 => 2, 2 => -1, _ => 0 };
        for (var i = 0; i < section.Bars; i++)
        {
            var place = section.Bars < 4 && i == section.Bars - 1 ? 3 : i % 4;
            var repeat = visit + (i / 4);
            var motif = phrase[place];
            if (repeat > 0 && place != 3 && dice.Chance(0.55))
                motif = motif.Adorned(dice);
            if (repeat > 1 && place == 2 && dice.Chance(0.5))
                motif = motif.Inverted();
            var sequence = place == 2 ? dice.Below(3) - 1 : 0;
            WriteBar(section.FirstBar + i, motif, lift + sequence + (repeat % 3 == 2 ? 1 : 0), section.Intensity, place == 3, dice);
        }
    }

    private void WriteBar(int bar, Motif motif, int lift, double intensity, bool isCadence, Dice dice)
    {
        var metre = _plan.Metre;
        var start = (double)bar * metre.Beats;
        var anchor = AnchorDegree(start, lift);
        for (var i = 0; i < motif.Notes.Count; i++)
        {
            var note = motif.Notes[i];
            var beat = start + ((double)note.Step / metre.Steps);
            var chord = _harmony.At(beat).Chord;
            var pitch = PitchOf(anchor + note.Degree);
            var isStrong = note.Step % (metre.Steps * (metre.Beats == 4 ? 2 : 1)) == 0 || note.Length > metre.Steps;
            var isLast = isCadence && i == motif.Notes.Count - 1;
            if (isLast)
                pitch = chord.Nearest(Near(pitch, _lastPitch));
            else if (isStrong || (note.Length > 1 && IsHarsh(chord, pitch)))
                pitch = Settle(chord, pitch, i == 0 ? 0 : note.Degree - motif.Notes[i - 1].Degree);
            pitch = Fold(pitch);
            _lastPitch = pitch;
            // A phrase swells to its middle and sinks to its end.
            var arc = 0.05 * Math.Sin(Math.PI * ((bar % 4) + (note.Step / (double)metre.StepsPerBar)) / 4);
            var accent = arc + (note.Step == 0 ? 0.09 : note.Step % metre.Steps == 0 ? 0.04 : -0.03);
            var velocity = Math.Clamp(0.34 + (0.48 * intensity) + accent + (0.04 * dice.Bell()), 0.12, 1);
            var length = (double)note.Length / metre.Steps * (0.72 + (0.3 * _plan.Character.Legato));
            _notes.Add(new Note(beat, length, pitch, velocity));
            if (intensity > 0.84 && _hasCompany && note.Length > 1)
                _notes.Add(new Note(beat, length, chord.Nearest(pitch - 4), velocity * 0.72));
        }
    }

    /// <summary>The scale degree, counted in octaves, at which a bar's motif stands: a tone of its chord near the middle of the register.</summary>
    private int AnchorDegree(double beat, int lift)
    {
        var pitch = _harmony.At(beat).Chord.Nearest((_centre * 2 + _lastPitch) / 3);
        return DegreeNear(pitch) + lift;
    }

    private int DegreeNear(int pitch)
    {
        var best = 0;
        for (var degree = _scale.Length * 2; degree < _scale.Length * 10; degree++)
        {
            if (Math.Abs(PitchOf(degree) - pitch) < Math.Abs(PitchOf(best) - pitch))
                best = degree;
        }

        return best;
    }

    private int PitchOf(int degree) => _plan.Key.Tonic + (degree / _scale.Length * 12) + _scale[degree % _scale.Length];

    /// <summary>Whether the pitch lies a semitone above a chord tone, as the fourth over a major third: held, that hurts.</summary>
    private static bool IsHarsh(Chord chord, int pitch) => chord.Intervals.Any(t => (chord.Root + t - pitch + 1200) % 12 == 11) && !chord.Contains(pitch);

    /// <summary>The nearest chord tone, but not the last pitch again where the motif moves on: that would flatten its line.</summary>
    private int Settle(Chord chord, int pitch, int motion)
    {
        var settled = chord.Nearest(pitch);
        if (motion == 0 || settled != _lastPitch)
            return settled;
        do
            settled += Math.Sign(motion);
        while (!chord.Contains(settled));
        return settled;
    }

    private static int Near(int pitch, int other) => pitch + ((int)Math.Round((other - pitch) / 12.0) * 12);

    private int Fold(int pitch)
    {
        while (pitch > _centre + 13)
            pitch -= 12;
        while (pitch < _centre - 11)
            pitch += 12;
        return pitch;
    }

    /// <summary>The melody ends on the tonic or its third, whichever is nearer, and holds it.</summary>
    private void WriteLast()
    {
        var last = _harmony.Last;
        var tonic = last.Chord.Root;
        var third = (tonic + last.Chord.Intervals[1]) % 12;
        var pitch = new[] { tonic, third }.Select(t => t + ((int)Math.Round((_lastPitch - t) / 12.0) * 12)).MinBy(p => Math.Abs(p - _lastPitch));
        var intensity = _plan.Sections.Count == 0 ? 0.6 : _plan.Sections[^1].Intensity;
        _notes.Add(new Note(last.Start, last.Length, Fold(pitch), 0.45 + (0.35 * intensity)));
    }
}
