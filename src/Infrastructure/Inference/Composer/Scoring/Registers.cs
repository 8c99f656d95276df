namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Where instruments are at home, as MIDI note numbers.</summary>
internal static class Registers
{
    /// <summary>The middle of an instrument's melody register.</summary>
    public static int Centre(string instrument) => instrument switch
    {
        "bass" or "double bass" or "synth bass" => 43,
        "cello" or "trombone" => 57,
        "viola" or "french horn" or "distorted guitar" or "choir" => 62,
        "saxophone" or "acoustic guitar" or "electric guitar" or "sitar" or "brass" => 65,
        "clarinet" or "trumpet" or "banjo" or "strings" or "harmonica" or "accordion" or "ukulele" or "marimba" => 69,
        "flute" or "mandolin" or "vibraphone" or "harp" => 74,
        "bells" or "celesta" => 81,
        _ => 71,
    };

    /// <summary>The middle of its chords.</summary>
    public static int ChordCentre(string instrument) => instrument switch
    {
        "distorted guitar" or "cello" or "trombone" => 50,
        "acoustic guitar" or "electric guitar" or "banjo" or "sitar" => 57,
        "ukulele" or "mandolin" or "harp" or "celesta" or "bells" or "kalimba" => 67,
        "marimba" or "vibraphone" => 64,
        _ => 60,
    };
}
