using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>What a player does in the band.</summary>
internal enum Role
{
    Melody,
    Chords,
    Pad,
    Bass,
    Drums,
}

/// <summary>One player.</summary>
internal sealed record Player(Role Role, string Instrument);

/// <summary>What a stretch of the piece is for.</summary>
internal enum SectionKind
{
    Intro,
    Theme,
    Bridge,
    Ending,
}

/// <summary>
/// A stretch of bars. Sections with the same Theme share melody and chords; Intensity, 0 to 1, says who plays and how
/// loud.
/// </summary>
internal sealed record Section(SectionKind Kind, int Theme, int FirstBar, int Bars, double Intensity);

/// <summary>Every decision above the level of notes.</summary>
internal sealed record Plan
{
    public required Dice Dice { get; init; }

    public required Style Style { get; init; }

    /// <summary>Beats per minute.</summary>
    public required double Tempo { get; init; }

    public required MusicalKey Key { get; init; }

    public required Metre Metre { get; init; }

    public required Character Character { get; init; }

    public required IReadOnlyList<Player> Band { get; init; }

    public required Comping Comping { get; init; }

    public required BassLine BassLine { get; init; }

    public required Groove Groove { get; init; }

    public required IReadOnlyList<Section> Sections { get; init; }

    public required IReadOnlySet<FormWish> Wishes { get; init; }

    /// <summary>The beat on which the last chord falls.</summary>
    public required double LastBeat { get; init; }

    /// <summary>The whole length; the last chord rings to here.</summary>
    public required double Seconds { get; init; }

    public required IReadOnlyList<string> Understood { get; init; }

    /// <summary>Whether the melody keeps to five tones.</summary>
    public bool IsPentatonic { get; init; }

    /// <summary>The plan of an earlier piece whose themes and progressions this one has; null for its own.</summary>
    public Plan? Themes { get; init; }

    /// <summary>Instruments of the band that stay silent, because they were in the band before somebody asked them to.</summary>
    public IReadOnlySet<string> Resting { get; init; } = new HashSet<string>();

    public double SecondsPerBeat => 60 / Tempo;

    /// <summary>Bars before the last chord; the last of them may be cut short by it.</summary>
    public int Bars => Sections.Count == 0 ? 0 : Sections[^1].FirstBar + Sections[^1].Bars;

    public bool Has(Role role) => Band.Any(p => p.Role == role);
}
