namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>The numbers of General MIDI for what the composer knows by name.</summary>
internal static class GeneralMidi
{
    /// <summary>The program of an instrument, 0 to 127.</summary>
    public static int Program(string instrument) => instrument switch
    {
        "piano" => 0,
        "electric piano" => 4,
        "harpsichord" => 6,
        "celesta" => 8,
        "bells" => 9,
        "vibraphone" => 11,
        "marimba" => 12,
        "organ" => 16,
        "accordion" => 21,
        "harmonica" => 22,
        "acoustic guitar" => 25,
        "electric guitar" => 27,
        "distorted guitar" => 30,
        "double bass" => 32,
        "bass" => 33,
        "synth bass" => 38,
        "violin" => 40,
        "viola" => 41,
        "cello" => 42,
        "harp" => 46,
        "strings" => 48,
        "choir" => 52,
        "trumpet" => 56,
        "trombone" => 57,
        "french horn" => 60,
        "brass" => 61,
        "saxophone" => 65,
        "oboe" => 68,
        "clarinet" => 71,
        "flute" => 73,
        "lead" => 81,
        "synth" => 90,
        "pad" => 89,
        "sitar" => 104,
        "banjo" => 105,
        "kalimba" => 108,
        "ukulele" => 24,
        "mandolin" => 25,
        _ => throw new ArgumentOutOfRangeException(nameof(instrument), instrument, "Not an instrument of the vocabulary."),
    };

    /// <summary>The key of the percussion channel for a piece of the kit; brushes are a soft snare there.</summary>
    public static int Percussion(int piece) => piece == DrumPiece.Brush ? DrumPiece.Snare : piece;
}
