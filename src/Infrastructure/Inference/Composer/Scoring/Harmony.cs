using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>The chords of a piece: a progression for each theme, a cadence before the end, the last chord.</summary>
internal sealed class Harmony
{
    private readonly Plan _plan;
    private readonly List<ChordSpan> _spans = [];

    public Harmony(Plan plan)
    {
        _plan = plan;
        // Themes that come from elsewhere bring their chords along.
        var (dice, style) = ((plan.Themes ?? plan).Dice.For("harmony"), (plan.Themes ?? plan).Style);
        var progressions = (plan.Key.IsMinor ? style.Minor : style.Major).Select(p => p.Split(' ')).ToList();
        if (Modal(plan.Key.Mode) is { } modal)
            progressions = [.. modal.Select(p => p.Split(' '))];

        // Two themes on two progressions, the bridge on a third where there is one.
        var first = dice.Below(progressions.Count);
        var themes = new[] { progressions[first], progressions[(first + 1 + dice.Below(Math.Max(1, progressions.Count - 1))) % progressions.Count], progressions[dice.Below(progressions.Count)] };
        var cadence = (plan.Key.IsMinor ? style.MinorCadence : style.MajorCadence).Split(' ');
        for (var bar = 0; bar < plan.Bars; bar++)
        {
            var section = plan.Sections.Last(s => s.FirstBar <= bar);
            var progression = themes[section.Theme];
            var symbols = progression[(bar - section.FirstBar) % progression.Length];
            if (plan.Bars - bar <= cadence.Length && plan.Bars > cadence.Length)
                symbols = cadence[cadence.Length - (plan.Bars - bar)];
            AddBar(bar, symbols.Split(','));
        }

        Last = new ChordSpan(plan.LastBeat, (plan.Seconds / plan.SecondsPerBeat) - plan.LastBeat, Parse(plan.Key.IsMinor ? style.MinorEnd : style.MajorEnd));
    }

    /// <summary>All chords before the last, without gaps.</summary>
    public IReadOnlyList<ChordSpan> Spans => _spans;

    /// <summary>The chord that ends the piece and rings to its end.</summary>
    public ChordSpan Last { get; }

    /// <summary>The chord that sounds at a beat.</summary>
    public ChordSpan At(double beat)
    {
        if (beat >= Last.Start - 1e-9 || _spans.Count == 0)
            return Last;
        var (low, high) = (0, _spans.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_spans[middle].Start <= beat + 1e-9)
                low = middle;
            else
                high = middle - 1;
        }

        return _spans[low];
    }

    /// <summary>The chords of a stretch, cut to it.</summary>
    public IEnumerable<ChordSpan> Between(double from, double to)
    {
        for (var at = from; at < to - 1e-9 && at < Last.Start - 1e-9;)
        {
            var span = At(at);
            var end = Math.Min(span.End, to);
            yield return span with { Start = at, Length = end - at };
            at = end;
        }
    }

    private void AddBar(int bar, string[] symbols)
    {
        var length = (double)_plan.Metre.Beats / symbols.Length;
        for (var i = 0; i < symbols.Length; i++)
        {
            // Chords change on beats, also where three beats hold two chords.
            var (from, to) = (Math.Ceiling(i * length), Math.Ceiling((i + 1) * length));
            var start = (bar * _plan.Metre.Beats) + from;
            var end = Math.Min(start + to - from, _plan.LastBeat);
            if (end > start)
                _spans.Add(new ChordSpan(start, end - start, Parse(symbols[i])));
        }
    }

    private Chord Parse(string symbol) => Chord.Parse(symbol, _plan.Key.Tonic);

    /// <summary>Progressions that let a mode be heard; null for plain major and minor, which the genre knows.</summary>
    private static string[]? Modal(MusicalMode mode) => mode switch
    {
        MusicalMode.Dorian => ["i IV i IV", "i7 ii bIII IV", "i bVII IV i"],
        MusicalMode.Phrygian => ["i bII i bII", "i bII bIII bII", "i bvii bII i"],
        MusicalMode.Lydian => ["I II I II", "Imaj7 II vii7 Imaj7", "I II iii II"],
        MusicalMode.Mixolydian => ["I bVII IV I", "I v bVII IV", "I bVII I IV"],
        _ => null,
    };
}
