namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>What musicians call a chord.</summary>
internal static class ChordNames
{
    private static readonly string[] Notes = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

    /// <summary>As in "Dm7" or "F#maj9".</summary>
    public static string Of(Chord chord) => Notes[chord.Root] + string.Join(' ', chord.Intervals) switch
    {
        "0 4 7" => "",
        "0 3 7" => "m",
        "0 4 7 10" => "7",
        "0 3 7 10" => "m7",
        "0 4 7 11" => "maj7",
        "0 4 7 10 14" => "9",
        "0 3 7 10 14" => "m9",
        "0 4 7 11 14" => "maj9",
        "0 4 7 14" => "add9",
        "0 3 7 14" => "madd9",
        "0 4 7 9" => "6",
        "0 3 7 9" => "m6",
        "0 3 6" => "dim",
        "0 3 6 9" => "dim7",
        "0 3 6 10" => "m7b5",
        "0 5 7 10" => "7sus4",
        var other => throw new ArgumentException($"A chord of {other} has no name.", nameof(chord)),
    };
}
