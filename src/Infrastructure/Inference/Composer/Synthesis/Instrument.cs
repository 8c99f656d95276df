namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>What a part's sound goes through before the mix.</summary>
internal sealed record Channel
{
    /// <summary>Evens out instruments, in decibels.</summary>
    public double LevelDb { get; init; }

    /// <summary>What lies below is not this instrument's, in hertz.</summary>
    public double LowCut { get; init; } = 60;

    /// <summary>What lies above is taken off, in hertz.</summary>
    public double HighCut { get; init; } = 15000;

    /// <summary>0 none, else the gain into the distortion.</summary>
    public double Drive { get; init; }

    /// <summary>Depth of a chorus in milliseconds.</summary>
    public double Chorus { get; init; }

    /// <summary>0 to 1: depth of a tremolo that wanders between the channels.</summary>
    public double Tremolo { get; init; }

    /// <summary>To the reverb, 0 to 1.</summary>
    public double Reverb { get; init; } = 0.25;

    /// <summary>To the echo, 0 to 1.</summary>
    public double Echo { get; init; }

    /// <summary>0 to 1: how far low and high notes are apart in the panorama.</summary>
    public double Spread { get; init; }
}

/// <summary>An instrument: how it makes a note, and its channel in the mix.</summary>
internal abstract record Instrument(Channel Channel);

internal sealed record Plucked(StringPatch Patch, Channel Channel) : Instrument(Channel);

internal sealed record Sustained(SustainedPatch Patch, Channel Channel) : Instrument(Channel);

/// <summary>A struck body; its modes depend on pitch and velocity.</summary>
internal sealed record Struck(Func<int, double, IReadOnlyList<Mode>> Modes, double Knock, double Damping, Channel Channel) : Instrument(Channel);

internal sealed record Kit(Channel Channel) : Instrument(Channel);
