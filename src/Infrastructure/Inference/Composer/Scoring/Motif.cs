using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>One note of a motif: when in the bar, in sixteenths, how long, and how many steps of the scale from the motif's anchor.</summary>
internal readonly record struct MotifNote(int Step, int Length, int Degree);

/// <summary>One bar of melody without a pitch of its own: it can return, move, turn over and be adorned.</summary>
internal sealed record Motif(IReadOnlyList<MotifNote> Notes)
{
    private static readonly int[][] Four = [[4], [2, 2], [3, 1], [1, 1, 2], [2, 1, 1], [1, 2, 1], [1, 1, 1, 1]];
    private static readonly int[][] Six = [[6], [4, 2], [2, 2, 2], [2, 4], [3, 3], [2, 2, 1, 1], [2, 1, 1, 2]];

    /// <summary>A new motif; density, 0 to 1, decides how many notes it has.</summary>
    public static Motif Invent(Metre metre, double density, bool isSwung, Dice dice)
    {
        var notes = new List<MotifNote>();
        var degree = 0;
        // A motif keeps a direction for a while, or it would only tremble around its anchor.
        var direction = dice.Chance(0.5) ? 1 : -1;
        for (var beat = 0; beat < metre.Beats; beat++)
        {
            foreach (var (offset, length) in Rhythm(metre, density, isSwung, dice))
            {
                var step = (beat * metre.Steps) + offset;
                var isRest = step > 0 && dice.Chance(0.1 - (0.08 * density));
                // Long notes come from holding the one before over the beat.
                var isHeld = offset == 0 && notes.Count > 0 && dice.Chance(0.42 - (0.4 * density));
                if (isHeld)
                    notes[^1] = notes[^1] with { Length = step + length - notes[^1].Step };
                else if (!isRest)
                    notes.Add(new MotifNote(step, length, degree));

                if (dice.Chance(0.28))
                    direction = -direction;
                if (Math.Abs(degree) > 4)
                    direction = -Math.Sign(degree);
                degree += direction * (1 + dice.Weighted([0.62, 0.23, 0.1, 0.05]));
                if (dice.Chance(0.13))
                    degree -= direction;
            }
        }

        return new Motif(notes);
    }

    /// <summary>Upside down.</summary>
    public Motif Inverted() => new([.. Notes.Select(n => n with { Degree = -n.Degree })]);

    /// <summary>The same up to the middle of the bar, then other notes in the same rhythm.</summary>
    public Motif WithNewEnd(Dice dice)
    {
        var half = Notes.Count / 2;
        return new([.. Notes.Select((n, i) => i < half ? n : n with { Degree = n.Degree + dice.Below(5) - 2 })]);
    }

    /// <summary>Long notes broken into shorter ones with a neighbour between.</summary>
    public Motif Adorned(Dice dice)
    {
        var notes = new List<MotifNote>();
        foreach (var note in Notes)
        {
            if (note.Length >= 4 && dice.Chance(0.6))
            {
                var half = note.Length / 2;
                var neighbour = dice.Chance(0.5) ? 1 : -1;
                notes.Add(note with { Length = half });
                notes.Add(new MotifNote(note.Step + half, note.Length - half, note.Degree + neighbour));
            }
            else
            {
                notes.Add(note);
            }
        }

        return new(notes);
    }

    /// <summary>The first notes of the bar and then one long note, on which a phrase comes to rest.</summary>
    public Motif Closed(Metre metre)
    {
        var lastStep = metre.Steps * (metre.Beats / 2);
        var notes = Notes.Where(n => n.Step < lastStep).Select(n => n with { Length = Math.Min(n.Length, lastStep - n.Step) }).ToList();
        notes.Add(new MotifNote(lastStep, metre.StepsPerBar - lastStep - (metre.Steps / 2), 0));
        return new(notes);
    }

    private static List<(int Offset, int Length)> Rhythm(Metre metre, double density, bool isSwung, Dice dice)
    {
        var figures = metre.Steps == 6 ? Six : Four;
        Span<double> weights = stackalloc double[figures.Length];
        for (var i = 0; i < figures.Length; i++)
        {
            // The wished number of notes in a beat is 1 to 2.7; figures far from it are rare.
            var distance = figures[i].Length - (metre.Steps == 6 ? 1.3 + (2 * density) : 1 + (1.7 * density));
            weights[i] = Math.Exp(-1.3 * distance * distance) * (i > 3 ? 0.6 : 1);
            // Eighths that swing leave no room for straight sixteenths.
            if (isSwung && figures[i].Any(length => length % 2 == 1))
                weights[i] *= 0.04;
        }

        var figure = figures[dice.Weighted(weights)];
        var offset = 0;
        var notes = new List<(int Offset, int Length)>();
        foreach (var length in figure)
        {
            notes.Add((offset, length));
            offset += length;
        }

        return notes;
    }
}
