namespace MusicGen.Domain.Generations;

/// <summary>A tonic and a mode, read from what people write: "D minor", "F# major", "Bb", "am", "E flat dorian".</summary>
/// <param name="Tonic">Pitch class, 0 (C) to 11 (B).</param>
/// <param name="Mode">The scale on it.</param>
public readonly record struct MusicalKey(int Tonic, MusicalMode Mode)
{
    /// <summary>The longest text that can be a key; anything longer is refused unread.</summary>
    public const int MaxLength = 32;

    private static readonly string[] SharpNames = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    private static readonly string[] FlatNames = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];

    /// <summary>Semitones above the tonic for the seven degrees of each mode.</summary>
    private static readonly int[][] Scales =
    [
        [0, 2, 4, 5, 7, 9, 11],
        [0, 2, 3, 5, 7, 8, 10],
        [0, 2, 3, 5, 7, 9, 10],
        [0, 1, 3, 5, 7, 8, 10],
        [0, 2, 4, 6, 7, 9, 11],
        [0, 2, 4, 5, 7, 9, 10],
    ];

    /// <summary>Whether the third above the tonic is minor.</summary>
    public bool IsMinor => Mode is MusicalMode.Minor or MusicalMode.Dorian or MusicalMode.Phrygian;

    /// <summary>Semitones above the tonic, seven of them.</summary>
    public IReadOnlyList<int> Scale => Scales[(int)Mode];

    /// <summary>Reads a key. A note without a mode is major.</summary>
    public static bool TryParse(string? text, out MusicalKey key)
    {
        key = default;
        if (text is null || text.Length > MaxLength)
            return false;

        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty || !TryReadNote(rest[0], out var tonic))
            return false;

        rest = rest[1..];
        tonic += ReadAccidental(ref rest);
        if (!TryReadMode(rest, out var mode))
            return false;

        key = new MusicalKey((tonic + 12) % 12, mode);
        return true;
    }

    /// <summary>The mode that a word names; case is ignored.</summary>
    public static bool TryParseMode(ReadOnlySpan<char> word, out MusicalMode mode)
    {
        Span<char> lower = stackalloc char[12];
        mode = default;
        if (word.Length > lower.Length)
            return false;

        word.ToLowerInvariant(lower);
        MusicalMode? found = lower[..word.Length] switch
        {
            "major" or "maj" or "dur" or "ionian" => MusicalMode.Major,
            "minor" or "min" or "moll" or "aeolian" => MusicalMode.Minor,
            "dorian" => MusicalMode.Dorian,
            "phrygian" => MusicalMode.Phrygian,
            "lydian" => MusicalMode.Lydian,
            "mixolydian" => MusicalMode.Mixolydian,
            _ => null,
        };
        mode = found ?? default;
        return found is not null;
    }

    /// <summary>The usual spelling: "D minor", "F# major", "Bb major".</summary>
    public override string ToString()
    {
        // The relative major decides between sharps and flats: five flats and more on one side, F# on the other.
        int[] toRelativeMajor = [0, 3, 10, 8, 7, 5];
        var relative = (Tonic + toRelativeMajor[(int)Mode]) % 12;
        var names = relative is 1 or 3 or 5 or 8 or 10 ? FlatNames : SharpNames;
        return $"{names[Tonic]} {Mode.ToString().ToLowerInvariant()}";
    }

    private static bool TryReadNote(char letter, out int tonic)
    {
        tonic = char.ToUpperInvariant(letter) switch
        {
            'C' => 0,
            'D' => 2,
            'E' => 4,
            'F' => 5,
            'G' => 7,
            'A' => 9,
            'B' => 11,
            _ => -1,
        };
        return tonic >= 0;
    }

    private static int ReadAccidental(ref ReadOnlySpan<char> rest)
    {
        if (rest is ['#' or '♯', ..])
        {
            rest = rest[1..];
            return 1;
        }

        if (rest is ['b' or '♭', ..])
        {
            rest = rest[1..];
            return -1;
        }

        var word = rest.TrimStart([' ', '-']);
        if (word.StartsWith("sharp", StringComparison.OrdinalIgnoreCase))
        {
            rest = word[5..];
            return 1;
        }

        if (word.StartsWith("flat", StringComparison.OrdinalIgnoreCase))
        {
            rest = word[4..];
            return -1;
        }

        return 0;
    }

    private static bool TryReadMode(ReadOnlySpan<char> rest, out MusicalMode mode)
    {
        mode = MusicalMode.Major;
        rest = rest.TrimStart([' ', '-', '_']);
        if (rest is "" or "M")
            return true;
        if (rest is not "m")
            return TryParseMode(rest, out mode);

        mode = MusicalMode.Minor;
        return true;
    }
}
