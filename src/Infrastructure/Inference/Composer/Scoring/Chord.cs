namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>A chord by its root and its tones.</summary>
/// <param name="Root">Pitch class, 0 to 11.</param>
/// <param name="Intervals">Semitones above the root, the root's 0 first.</param>
internal sealed record Chord(int Root, IReadOnlyList<int> Intervals)
{
    private static readonly string[] Numerals = ["vii", "iii", "vi", "iv", "ii", "v", "i"];
    private static readonly int[] Degrees = [11, 4, 9, 5, 2, 7, 0];

    public bool Contains(int pitch) => Intervals.Any(i => (Root + i - pitch) % 12 == 0);

    /// <summary>The pitch of this chord nearest to the given one, at or below where two are equally near.</summary>
    public int Nearest(int pitch)
    {
        for (var distance = 0; distance < 12; distance++)
        {
            if (Contains(pitch - distance))
                return pitch - distance;
            if (Contains(pitch + distance))
                return pitch + distance;
        }

        return pitch;
    }

    /// <summary>Reads a Roman numeral such as "bVII7" over a tonic. Degrees count on the major scale.</summary>
    public static Chord Parse(ReadOnlySpan<char> symbol, int tonic)
    {
        var shift = symbol[0] switch { 'b' => -1, '#' => 1, _ => 0 };
        var rest = shift == 0 ? symbol : symbol[1..];
        for (var n = 0; n < Numerals.Length; n++)
        {
            var numeral = Numerals[n];
            if (!rest.StartsWith(numeral, StringComparison.OrdinalIgnoreCase))
                continue;
            var isMinor = char.IsLower(rest[0]);
            return new Chord((tonic + Degrees[n] + shift + 12) % 12, Quality(rest[numeral.Length..], isMinor));
        }

        throw new ArgumentException($"Not a chord: {symbol}", nameof(symbol));
    }

    private static int[] Quality(ReadOnlySpan<char> suffix, bool isMinor) => suffix switch
    {
        "" => isMinor ? [0, 3, 7] : [0, 4, 7],
        "7" => isMinor ? [0, 3, 7, 10] : [0, 4, 7, 10],
        "maj7" => [0, 4, 7, 11],
        "9" => isMinor ? [0, 3, 7, 10, 14] : [0, 4, 7, 10, 14],
        "maj9" => [0, 4, 7, 11, 14],
        "add9" => isMinor ? [0, 3, 7, 14] : [0, 4, 7, 14],
        "6" => isMinor ? [0, 3, 7, 9] : [0, 4, 7, 9],
        "o" => [0, 3, 6],
        "o7" => [0, 3, 6, 9],
        "ø" => [0, 3, 6, 10],
        "7sus4" => [0, 5, 7, 10],
        _ => throw new ArgumentException($"Not a chord's quality: {suffix}", nameof(suffix)),
    };
}

/// <summary>A chord and when it sounds, in beats.</summary>
internal readonly record struct ChordSpan(double Start, double Length, Chord Chord)
{
    public double End => Start + Length;
}
