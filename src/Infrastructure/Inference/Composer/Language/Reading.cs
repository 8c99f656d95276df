using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>What a text says about the music. What it doesn't say is null or empty.</summary>
internal sealed class Reading
{
    public List<string> Genres { get; } = [];

    public List<string> Moods { get; } = [];

    public List<string> Instruments { get; } = [];

    /// <summary>Instruments that shall not sound.</summary>
    public HashSet<string> Excluded { get; } = [];

    /// <summary>Beats per minute.</summary>
    public double? Tempo { get; set; }

    /// <summary>Where in the genre's range of tempos, 0 (slowest) to 1.</summary>
    public double? Pace { get; set; }

    public MusicalKey? Key { get; set; }

    /// <summary>A mode named without a tonic.</summary>
    public MusicalMode? Mode { get; set; }

    public Metre? Metre { get; set; }

    public Era? Era { get; set; }

    /// <summary>Seconds, where the words name a length.</summary>
    public double? Seconds { get; set; }

    /// <summary>Whether the named instruments shall play without company.</summary>
    public bool IsSolo { get; set; }

    /// <summary>The most players, where the words say duo, trio or the like.</summary>
    public int? Players { get; set; }

    /// <summary>Whether the melody keeps to five tones.</summary>
    public bool IsPentatonic { get; set; }

    public HashSet<FormWish> Form { get; } = [];

    /// <summary>Sum of the words for loud, busy, soft, sparse …, each about ±0.25.</summary>
    public double Energy { get; set; }

    public double Brightness { get; set; }

    public double Space { get; set; }

    /// <summary>The words taken, in the order of the text.</summary>
    public List<string> Understood { get; } = [];
}

/// <summary>What a text may ask of a piece's course.</summary>
internal enum FormWish
{
    QuietStart,
    BuildUp,
    FadeOut,
    LoudEnd,
    QuietEnd,
    Drop,
}
