using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>How chords are played.</summary>
internal enum Comping
{
    Sustained,
    Broken,
    Alberti,
    Strum,
    Fingerpick,
    Skank,
    Jazz,
    Chug,
    Pulse,
    Stab,
    OomPah,
    Shuffle,
}

/// <summary>How the bass moves.</summary>
internal enum BassLine
{
    Roots,
    RootFifth,
    Walking,
    Eighths,
    Offbeat,
    Syncopated,
    Reggae,
    Sub,
    Drone,
    Shuffle,
}

/// <summary>What the drums play.</summary>
internal enum Groove
{
    None,
    Jazz,
    Rock,
    House,
    HipHop,
    Pop,
    Metal,
    OneDrop,
    Train,
    Shuffle,
    Light,
    Orchestral,
}

/// <summary>The habits of a genre: what its bands, its chords and its time are like.</summary>
internal sealed record Style
{
    public required string Name { get; init; }

    /// <summary>Beats per minute, usual range.</summary>
    public required (double Low, double High) Tempo { get; init; }

    /// <summary>How far an offbeat eighth comes late, in eighths: 0.33 is a triplet.</summary>
    public double Swing { get; init; }

    /// <summary>Whether sixteenths swing instead of eighths.</summary>
    public bool SwingsSixteenths { get; init; }

    public double MinorChance { get; init; } = 0.4;

    /// <summary>Energy without a mood.</summary>
    public double Energy { get; init; } = 0.55;

    /// <summary>Reverb without a mood.</summary>
    public double Space { get; init; } = 0.3;

    /// <summary>Bars of Roman numerals, upper case major, lower case minor, degrees counted on the major scale.</summary>
    public required IReadOnlyList<string> Major { get; init; }

    public required IReadOnlyList<string> Minor { get; init; }

    /// <summary>The bars before the last chord.</summary>
    public string MajorCadence { get; init; } = "IV V";

    public string MinorCadence { get; init; } = "iv V";

    /// <summary>The last chords.</summary>
    public string MajorEnd { get; init; } = "I";

    public string MinorEnd { get; init; } = "i";

    public required IReadOnlyList<string> Melody { get; init; }

    public required IReadOnlyList<string> Chords { get; init; }

    public IReadOnlyList<string> Pad { get; init; } = [];

    public double PadChance { get; init; } = 0.6;

    public IReadOnlyList<string> Bass { get; init; } = [];

    /// <summary>The kit of the genre; null for none.</summary>
    public string? Drums { get; init; }

    public IReadOnlyList<Groove> Grooves { get; init; } = [Groove.None];

    public required IReadOnlyList<Comping> Comping { get; init; }

    public IReadOnlyList<BassLine> BassLines { get; init; } = [BassLine.Roots];

    public IReadOnlyList<Metre> Metres { get; init; } = [Metre.Common];

    /// <summary>Whether the melody bends to the blues scale.</summary>
    public bool IsBlue { get; init; }

    /// <summary>The style with other players where they can take the place of its own.</summary>
    public Style With(IReadOnlyList<string> players)
    {
        IReadOnlyList<string> Prefer(IReadOnlyList<string> own, Role role) =>
            own.Count == 0 ? own : players.Where(p => BandPlanner.CanPlay(p, role)).ToList() is { Count: > 0 } better ? better : own;
        return this with { Melody = Prefer(Melody, Role.Melody), Chords = Prefer(Chords, Role.Chords), Bass = Prefer(Bass, Role.Bass), Pad = Prefer(Pad, Role.Pad) };
    }
}
