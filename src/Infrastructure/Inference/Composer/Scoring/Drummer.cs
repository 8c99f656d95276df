using MusicGen.Infrastructure.Inference.Composer.Language;
using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Plays the groove: softer in quiet sections, a fill where a phrase ends, a cymbal where one begins.</summary>
internal sealed class Drummer(Plan plan)
{
    private static readonly string[] Fills = ["............xxXX", "........x.xxxxXX", "............X.xx", "..........X.X.XX"];
    private readonly Dice _dice = plan.Dice.For("drums");
    private readonly int _variant = plan.Dice.For("drum figure").Below(3);
    private readonly List<Note> _notes = [];

    public List<Note> Write()
    {
        foreach (var section in plan.Sections)
        {
            // Drums wait in an intro, and leave a bridge that shall be quiet; alone they have nobody to wait for.
            var isAlone = plan.Band.Count == 1;
            var waits = !isAlone && (section.Intensity < 0.3 || (section.Kind == SectionKind.Bridge && section.Intensity < 0.5 && plan.Groove != Groove.Jazz));
            for (var i = 0; i < section.Bars; i++)
            {
                var bar = section.FirstBar + i;
                var isFillBar = i == section.Bars - 1 && section.Kind != SectionKind.Ending && section.Bars > 1 && plan.Groove is not (Groove.Light or Groove.None);
                if (i == 0 && section is { Kind: not SectionKind.Intro, Intensity: > 0.6 } && section.FirstBar > 0)
                    Add(bar * plan.Metre.Beats, DrumPiece.Crash, 0.5 + (0.3 * section.Intensity));
                if (!waits && (section.Kind != SectionKind.Intro || i > 0 || isAlone))
                    PlayBar(bar, section, isFillBar);
                else if (isFillBar)
                    Fill(bar, section.Intensity);
            }
        }

        WriteLast();
        _notes.RemoveAll(n => n.Start >= plan.LastBeat + 1e-9 && n.Length < 1);
        return _notes;
    }

    private void PlayBar(int bar, Section section, bool isFillBar)
    {
        var metre = plan.Metre;
        var loud = 0.32 + (0.52 * section.Intensity);
        var fillFrom = isFillBar && section.Intensity > 0.4 ? Fill(bar, section.Intensity) : metre.StepsPerBar;
        // A calm drummer leaves ghost notes out, a lively one plays the sixteenths between on whatever keeps the time.
        var isCalm = plan.Character.Density < 0.36;
        var isBusy = plan.Character.Density > 0.7 && section.Intensity > 0.5 && metre.Steps == 4 && plan.Style.Swing <= 0;
        var timekeeper = plan.Groove is Groove.Light ? DrumPiece.Shaker : plan.Groove is Groove.Orchestral ? DrumPiece.LowTom : DrumPiece.ClosedHat;
        foreach (var line in Grooves.Of(plan.Groove, section.Intensity > 0.58, _variant))
        {
            for (var step = 0; step < fillFrom; step++)
            {
                var mark = line.Steps[Map(step, metre) % line.Steps.Length];
                if (mark == '.' && line.Piece == timekeeper && isBusy)
                    mark = 'o';
                if (mark == '.' || (mark == 'o' && _dice.Chance(isCalm ? 0.7 : 0.06)))
                    continue;
                Add(Beat(bar, step), line.Piece, loud * (mark switch { 'X' => 1.12, 'x' => 0.85, _ => 0.52 }));
            }
        }
    }

    /// <summary>The step of the sixteen-step figure that a step of another metre takes: 6/8 spreads it, others cut or repeat it.</summary>
    private static int Map(int step, Metre metre)
    {
        if (metre.Steps != 6)
            return step;
        // Each beat of six takes the first eight steps' accents on its thirds.
        int[] spread = [0, 1, 2, 3, 6, 7];
        return (step / 6 * 4) + (spread[step % 6] / 2);
    }

    private int Fill(int bar, double intensity)
    {
        var metre = plan.Metre;
        var fill = _dice.Pick(Fills);
        var from = metre.StepsPerBar;
        int[] toms = plan.Groove is Groove.House or Groove.HipHop
            ? [DrumPiece.Snare, DrumPiece.Snare, DrumPiece.Clap, DrumPiece.Snare]
            : [DrumPiece.Snare, DrumPiece.HighTom, DrumPiece.MidTom, DrumPiece.LowTom];
        for (var step = 0; step < metre.StepsPerBar; step++)
        {
            var mark = fill[^(metre.StepsPerBar - step > 16 ? 16 : metre.StepsPerBar - step)];
            if (mark == '.')
                continue;
            from = Math.Min(from, step);
            var piece = toms[Math.Min(3, (step - from) * 4 / Math.Max(1, metre.StepsPerBar - from))];
            Add(Beat(bar, step), piece, (0.4 + (0.4 * intensity)) * (mark == 'X' ? 1.1 : 0.85));
        }

        return from;
    }

    private void WriteLast()
    {
        var intensity = plan.Sections.Count == 0 ? 0.5 : plan.Sections[^1].Intensity;
        if (intensity < 0.4 || plan.Groove == Groove.Light)
        {
            _notes.Add(new Note(plan.LastBeat, 1, DrumPiece.Kick, 0.4));
            return;
        }

        _notes.Add(new Note(plan.LastBeat, 4, DrumPiece.Crash, 0.5 + (0.3 * intensity)));
        _notes.Add(new Note(plan.LastBeat, 1, plan.Groove == Groove.Orchestral ? DrumPiece.GranCassa : DrumPiece.Kick, 0.6 + (0.3 * intensity)));
    }

    private double Beat(int bar, int step) => (bar * plan.Metre.Beats) + ((double)step / plan.Metre.Steps);

    private void Add(double beat, int piece, double velocity)
    {
        if (beat < plan.LastBeat - 1e-9)
            _notes.Add(new Note(beat, 0.25, piece, Math.Clamp(velocity + (0.03 * _dice.Bell()), 0.05, 1)));
    }
}
