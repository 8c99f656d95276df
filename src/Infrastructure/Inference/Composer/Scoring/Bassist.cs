using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Plays the bass line of the plan's kind, and leads into the next chord where the line has room.</summary>
internal sealed class Bassist
{
    // Figures over a bar of sixteenths: r root, f fifth, o octave, - hold nothing.
    private static readonly string[] Syncopations = ["r..r..r...r.r...", "r.....r.r..f....", "r..r....r..r..f."];
    private static readonly string[] Reggae = ["......r.r...f...", "r.....r.f.r.....", "..r...r.....f.r."];
    private static readonly string[] Subs = ["r......r..r.....", "r.....r.........", "r..r......r..r.."];
    private readonly Plan _plan;
    private readonly Harmony _harmony;
    private readonly Dice _dice;
    private readonly List<Note> _notes = [];
    private readonly int _low;
    private readonly int _figure;
    private int _last;

    private Bassist(Plan plan, Harmony harmony, string instrument)
    {
        _plan = plan;
        _harmony = harmony;
        _dice = plan.Dice.For("bass line");
        _figure = plan.Dice.For("bass figure").Below(3);
        // Lowest note: of a bass guitar E1, of the left hand of a piano and others an octave higher.
        _low = instrument is "bass" or "double bass" or "synth bass" ? 28 : instrument is "cello" or "piano" or "organ" or "synth" ? 36 : 40;
        _last = _low + 7;
    }

    public static List<Note> Write(Plan plan, Harmony harmony, string instrument)
    {
        var bassist = new Bassist(plan, harmony, instrument);
        foreach (var section in plan.Sections)
        {
            // A song with drums lets the intro begin without bass.
            var rests = section is { Kind: SectionKind.Intro, Bars: > 3 } && plan.Has(Role.Drums) && plan.Band.Count > 3;
            for (var bar = section.FirstBar + (rests ? section.Bars / 2 : 0); bar < section.FirstBar + section.Bars; bar++)
            {
                var start = (double)bar * plan.Metre.Beats;
                foreach (var span in harmony.Between(start, start + plan.Metre.Beats))
                    bassist.Play(span, start, section);
            }
        }

        var last = harmony.Last;
        bassist.Add(last.Start, last.Length, bassist.Root(last.Chord), 0.75);
        return bassist._notes;
    }

    private void Play(ChordSpan span, double bar, Section section)
    {
        var loud = 0.4 + (0.42 * section.Intensity);
        var isCalm = section.Kind is SectionKind.Intro or SectionKind.Bridge && section.Intensity < 0.45;
        var line = isCalm && _plan.BassLine is not (BassLine.Walking or BassLine.Drone) ? BassLine.Roots : _plan.BassLine;
        var root = Root(span.Chord);
        switch (line)
        {
            case BassLine.RootFifth:
                for (var beat = span.Start; beat < span.End - 1e-9; beat += _plan.Metre.Beats == 3 ? 3 : 2)
                    Add(beat, 1.1, (beat - bar) % 4 >= 2 ? Fifth(span.Chord, root) : root, loud);
                Approach(span, loud, 0.5);
                break;
            case BassLine.Walking:
                Walk(span, root, loud);
                break;
            case BassLine.Eighths:
                var step = _plan.Character.Density < 0.36 ? 1 : 0.5;
                for (var beat = span.Start; beat < span.End - 1e-9; beat += step)
                    Add(beat, step - 0.06, beat >= span.End - 0.5 && _dice.Chance(0.2) ? Fifth(span.Chord, root) : root, loud * (beat % 1 == 0 ? 1 : 0.84));
                break;
            case BassLine.Offbeat:
                for (var beat = span.Start; beat < span.End - 1e-9; beat++)
                    Add(beat + 0.5, 0.4, beat % 4 == 3 ? root + 12 : root, loud);
                break;
            case BassLine.Syncopated:
                Figure(span, bar, root, loud, Syncopations[_figure], 0.6);
                Approach(span, loud, 0.3);
                break;
            case BassLine.Reggae:
                Figure(span, bar, root, loud, Reggae[_figure], 0.7);
                break;
            case BassLine.Sub:
                Figure(span, bar, root, loud, Subs[_figure], 1.4);
                break;
            case BassLine.Shuffle:
                int[] steps = [0, 4, 7, 9];
                for (var beat = span.Start; beat < span.End - 1e-9; beat++)
                {
                    Add(beat, 0.55, root + steps[(int)(beat - bar) % 4], loud);
                    Add(beat + 0.5, 0.3, root + steps[(int)(beat - bar) % 4], loud * 0.7);
                }

                break;
            case BassLine.Drone:
                Add(span.Start, span.Length, root, loud * 0.9);
                break;
            default:
                Add(span.Start, span.Length * 0.95, root, loud);
                if (!isCalm && span.Length >= 3 && _dice.Chance(0.35))
                    Approach(span, loud, 1);
                break;
        }
    }

    /// <summary>A quarter for every beat: chord tones by steps, the last a neighbour of what comes.</summary>
    private void Walk(ChordSpan span, int root, double loud)
    {
        var next = Root(_harmony.At(span.End).Chord);
        var pitch = root;
        for (var beat = span.Start; beat < span.End - 1e-9; beat++)
        {
            var isLast = beat + 1 >= span.End - 1e-9;
            if (isLast && beat > span.Start)
                pitch = next + (_dice.Chance(0.5) ? 1 : -1);
            else if (beat > span.Start)
                pitch = Tone(span.Chord, pitch + (_dice.Chance(0.65) ? 4 : -4));
            Add(beat, 0.9, Fold(pitch), loud * (beat % 2 == 1 ? 1.05 : 0.95));
            if (_dice.Chance(0.1))
                Add(beat + 0.5, 0.3, Fold(pitch), loud * 0.55);
        }
    }

    private void Figure(ChordSpan span, double bar, int root, double loud, string figure, double length)
    {
        for (var step = 0; step < _plan.Metre.StepsPerBar; step++)
        {
            var beat = bar + ((double)step / _plan.Metre.Steps);
            var mark = figure[step % figure.Length];
            if (mark != '.' && beat >= span.Start - 1e-9 && beat < span.End - 1e-9)
                Add(beat, Math.Min(length, span.End - beat + 0.1), mark == 'f' ? Fifth(span.Chord, root) : root, loud);
        }
    }

    /// <summary>An eighth before a change, a step away from the coming root.</summary>
    private void Approach(ChordSpan span, double loud, double chance)
    {
        var next = Root(_harmony.At(span.End).Chord);
        if (span.Length < 2 || !_dice.Chance(chance) || next == Root(span.Chord))
            return;
        var scale = _plan.Key.Scale;
        var from = next > Root(span.Chord) ? -1 : 1;
        var pitch = next + from;
        while (scale.All(s => (_plan.Key.Tonic + s - pitch) % 12 != 0))
            pitch += from;
        Add(span.End - 0.5, 0.45, Fold(pitch), loud * 0.85);
    }

    private static int Tone(Chord chord, int near) => chord.Nearest(near);

    private static int Fifth(Chord chord, int root) => root + (chord.Intervals.FirstOrDefault(i => i is 6 or 7 or 8) is var fifth and > 0 ? fifth : 7);

    private int Root(Chord chord)
    {
        var root = _low + ((chord.Root - _low + 120) % 12);
        // Of the two roots in reach the nearer one, so that the line doesn't leap by sevenths.
        return Math.Abs(root + 12 - _last) < Math.Abs(root - _last) && root + 12 <= _low + 16 ? root + 12 : root;
    }

    private int Fold(int pitch) => pitch < _low ? pitch + 12 : pitch > _low + 21 ? pitch - 12 : pitch;

    private void Add(double beat, double length, int pitch, double velocity)
    {
        // An approach note cuts what still sounds: a bass has one voice.
        while (_notes.Count > 0 && _notes[^1].Start >= beat - 1e-9)
            _notes.RemoveAt(_notes.Count - 1);
        if (_notes.Count > 0 && _notes[^1].End > beat)
            _notes[^1] = _notes[^1] with { Length = beat - _notes[^1].Start };
        _notes.Add(new Note(beat, length, pitch, Math.Clamp(velocity + (0.02 * _dice.Bell()), 0.1, 1)));
        _last = pitch;
    }
}
