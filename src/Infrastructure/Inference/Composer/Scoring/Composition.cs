using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Writes the score of a plan: each player's part over one harmony, then the swing and unevenness of hands.</summary>
internal static class Composition
{
    public static Score Write(Plan plan)
    {
        var harmony = new Harmony(plan);
        return new Score(
            [.. plan.Band.Select((player, i) => new Part(player.Role, player.Instrument, Perform(plan, Write(plan, harmony, player), player, i)))],
            [.. harmony.Spans, harmony.Last]);
    }

    private static List<Note> Write(Plan plan, Harmony harmony, Player player) => player.Role switch
    {
        Role.Melody => Melodist.Write(plan, harmony, player.Instrument),
        Role.Chords => new Accompanist(plan, harmony, player.Instrument).Write(),
        Role.Pad => PadWriter.Write(plan, harmony, player.Instrument),
        Role.Bass => Bassist.Write(plan, harmony, player.Instrument),
        _ => new Drummer(plan).Write(),
    };

    /// <summary>Cuts what reaches over the last chord, swings, and lets every hand be a little early or late.</summary>
    private static List<Note> Perform(Plan plan, List<Note> notes, Player player, int index)
    {
        var dice = plan.Dice.For("hands").For(index);
        // Machines of electronic music are exact; people are within ten milliseconds or so.
        var looseness = plan.Style.Name == "electronic" ? 0.0008 : player.Role is Role.Drums or Role.Bass ? 0.004 : 0.007;
        var performed = new List<Note>(notes.Count);
        foreach (var note in notes)
        {
            var isLast = note.Start >= plan.LastBeat - 1e-9;
            var length = isLast ? note.Length : Math.Min(note.Length, plan.LastBeat - note.Start);
            if (length <= 0 || note.Velocity <= 0 || plan.Resting.Contains(player.Instrument))
                continue;
            var start = Swing(plan, note.Start) + (looseness * dice.Bell() / plan.SecondsPerBeat);
            performed.Add(note with { Start = Math.Max(0, start), Length = length });
        }

        performed.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Pitch.CompareTo(b.Pitch));
        return performed;
    }

    private static double Swing(Plan plan, double beat)
    {
        var unit = plan.Style.SwingsSixteenths ? 0.25 : 0.5;
        if (plan.Style.Swing <= 0 || plan.Metre.Steps != 4)
            return beat;
        var pair = Math.Floor(beat / (2 * unit)) * 2 * unit;
        var within = (beat - pair) / unit;
        // The first half of each pair stretches, the second shrinks.
        var swung = within <= 1 ? within * (1 + plan.Style.Swing) : 1 + plan.Style.Swing + ((within - 1) * (1 - plan.Style.Swing));
        return pair + (swung * unit);
    }
}
