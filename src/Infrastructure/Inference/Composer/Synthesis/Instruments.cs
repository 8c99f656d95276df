namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>The sound of every instrument of the vocabulary.</summary>
internal static class Instruments
{
    public static Instrument Of(string name) => name switch
    {
        "piano" => new Struck(StruckModes.Piano, 0.12, 0.28, new() { LevelDb = -4, LowCut = 35, Spread = 0.5, Reverb = 0.22 }),
        "electric piano" => new Struck(StruckModes.ElectricPiano, 0.04, 0.25, new() { LevelDb = -8, Tremolo = 0.3, Chorus = 1.2, Reverb = 0.2, Spread = 0.2 }),
        "vibraphone" => new Struck(StruckModes.Vibraphone, 0.03, 0.9, new() { LevelDb = -11.5, Tremolo = 0.35, Reverb = 0.3, Spread = 0.4 }),
        "marimba" => new Struck(StruckModes.Marimba, 0.08, 0, new() { LevelDb = -6.5, Reverb = 0.3, Spread = 0.4 }),
        "bells" => new Struck(StruckModes.Bells, 0.02, 0, new() { LevelDb = -9, Reverb = 0.4, Spread = 0.4, LowCut = 200, Echo = 0.15 }),
        "celesta" => new Struck(StruckModes.Celesta, 0.03, 0.8, new() { LevelDb = -9, Reverb = 0.4, Spread = 0.4, LowCut = 150 }),
        "kalimba" => new Struck(StruckModes.Kalimba, 0.08, 0, new() { LevelDb = -7.5, Reverb = 0.35, Spread = 0.5, LowCut = 120 }),

        "acoustic guitar" => Pluck(3.2, 0.28, 0.62, 0.16, 0.18, new() { LevelDb = -0.5, LowCut = 80, Reverb = 0.22, Spread = 0.15 }),
        "electric guitar" => Pluck(4.0, 0.34, 0.55, 0.21, 0.12, new() { LevelDb = -0.5, LowCut = 90, HighCut = 5500, Drive = 1.6, Chorus = 1.5, Reverb = 0.25, Echo = 0.12 }),
        "distorted guitar" => Pluck(6.0, 0.3, 0.6, 0.2, 0.06, new() { LevelDb = -4.5, LowCut = 85, HighCut = 4300, Drive = 9, Reverb = 0.14, Chorus = 0.6 }),
        "banjo" => Pluck(1.3, 0.2, 0.85, 0.1, 0.1, new() { LevelDb = 2, LowCut = 180, Reverb = 0.15 }),
        "ukulele" => Pluck(1.6, 0.3, 0.55, 0.2, 0.12, new() { LevelDb = 1, LowCut = 160, Reverb = 0.2 }),
        "mandolin" => Pluck(1.8, 0.22, 0.75, 0.12, 0.12, new() { LevelDb = 3.5, LowCut = 160, Chorus = 0.8, Reverb = 0.22 }),
        "harp" => Pluck(3.8, 0.3, 0.5, 0.35, 0.9, new() { LevelDb = 0.5, Reverb = 0.4, Spread = 0.6 }),
        "sitar" => Pluck(4.5, 0.16, 0.9, 0.08, 0.4, new() { LevelDb = 0, LowCut = 120, Reverb = 0.3 }),
        "harpsichord" => Pluck(2.6, 0.14, 0.9, 0.11, 0.1, new() { LevelDb = 1, LowCut = 70, Reverb = 0.3, Spread = 0.4 }),
        "bass" => Pluck(5.0, 0.42, 0.4, 0.22, 0.08, new() { LevelDb = -3, LowCut = 32, HighCut = 4500, Reverb = 0.03 }),
        "double bass" => Pluck(2.6, 0.46, 0.3, 0.28, 0.12, new() { LevelDb = -2, LowCut = 32, HighCut = 3500, Reverb = 0.08 }),

        _ => Held(name),
    };

    private static Instrument Held(string name) => name switch
    {
        "synth bass" => new Sustained(
            new() { Soft = Spectra.Power(2.6), Loud = Spectra.Under(Spectra.Power(1), 900), Attack = 0.006, Decay = 0.22, Sustain = 0.75, Release = 0.09, BrightPeak = 1, BrightSustain = 0.35 },
            new() { LevelDb = -2.5, LowCut = 28, Reverb = 0.02 }),
        "synth" => new Sustained(
            new() { Soft = Spectra.Power(2.1), Loud = Spectra.Under(Spectra.Power(1), 4500), Attack = 0.008, Decay = 0.25, Sustain = 0.6, Release = 0.28, BrightSustain = 0.35, Unison = 3, Detune = 16, Width = 0.8 },
            new() { LevelDb = -6, LowCut = 120, Reverb = 0.28, Echo = 0.18 }),
        "lead" => new Sustained(
            new() { Soft = Spectra.Power(1.9), Loud = Spectra.Under(Spectra.Pulse(0.32, 0.95), 4200), Attack = 0.012, Decay = 0.4, Sustain = 0.8, Release = 0.2, BrightSustain = 0.55, Unison = 2, Detune = 9, Width = 0.35, Vibrato = 14 },
            new() { LevelDb = -7.5, LowCut = 150, Reverb = 0.25, Echo = 0.3 }),
        "pad" => new Sustained(
            new() { Soft = Spectra.Power(2.4), Loud = Spectra.Under(Spectra.Power(1.1), 2600), Attack = 0.55, Decay = 2.5, Sustain = 0.85, Release = 1.6, BrightPeak = 0.8, BrightSustain = 0.5, Unison = 3, Detune = 18, Width = 1 },
            new() { LevelDb = -5, LowCut = 140, Chorus = 2.2, Reverb = 0.5 }),
        "choir" => new Sustained(
            new() { Soft = Vowel(1.7), Loud = Vowel(1.1), Attack = 0.28, Decay = 1, Sustain = 0.9, Release = 0.7, Unison = 3, Detune = 22, Width = 0.9, Vibrato = 16, VibratoHertz = 5, Breath = 0.03 },
            new() { LevelDb = -7, LowCut = 110, Reverb = 0.5 }),
        "strings" => new Sustained(
            new() { Soft = Bowed(1.9, 1600), Loud = Bowed(1.05, 4200), Attack = 0.13, Decay = 1, Sustain = 0.9, Release = 0.4, Unison = 3, Detune = 15, Width = 0.85, Vibrato = 11, Breath = 0.015 },
            new() { LevelDb = -7.5, LowCut = 90, Reverb = 0.4 }),
        "violin" => Bow(5200, 0.075, 0.32, 150),
        "viola" => Bow(4300, 0.085, 0.32, 110),
        "cello" => Bow(3200, 0.09, 0.3, 55),
        "brass" => new Sustained(
            new() { Soft = Spectra.Under(Spectra.Power(1.2), 700), Loud = Horn(2600), Attack = 0.05, Decay = 0.5, Sustain = 0.85, Release = 0.18, BrightPeak = 1, BrightSustain = 0.6, Unison = 3, Detune = 10, Width = 0.6 },
            new() { LevelDb = -7, LowCut = 90, Reverb = 0.32 }),
        "trumpet" => Blow(Spectra.Under(Spectra.Power(0.8), 1100), Horn(3400), 0.035, 0.65, 0.012, 9, 160),
        "trombone" => Blow(Spectra.Under(Spectra.Power(0.9), 600), Horn(2000), 0.05, 0.6, 0.01, 7, 70),
        "french horn" => Blow(Spectra.Under(Spectra.Power(1.2), 500), Horn(1300), 0.07, 0.55, 0.01, 5, 70),
        "flute" => Blow(Spectra.Bars(1, 0.22, 0.06, 0.02), Spectra.Bars(1, 0.6, 0.3, 0.12, 0.06, 0.03), 0.06, 0.6, 0.16, 14, 180),
        "clarinet" => Blow(Spectra.Odd(1.9, 0.05), Spectra.Under(Spectra.Odd(0.9, 0.25), 2400), 0.045, 0.6, 0.03, 6, 120),
        "oboe" => Blow(Spectra.Formants(Spectra.Power(1.1), 0.25, (1100, 500, 1.0)), Spectra.Formants(Spectra.Power(0.8), 0.25, (1150, 500, 1.2), (2900, 900, 0.5)), 0.04, 0.7, 0.015, 12, 180),
        "saxophone" => Blow(Spectra.Formants(Spectra.Power(1.6), 0.5, (600, 350, 0.8)), Spectra.Formants(Spectra.Under(Spectra.Power(0.7), 3000), 0.4, (650, 380, 0.9), (1500, 600, 0.5)), 0.04, 0.65, 0.06, 14, 90),
        "harmonica" => Blow(Spectra.Pulse(0.3, 1.1), Spectra.Formants(Spectra.Pulse(0.27, 0.7), 0.4, (1700, 900, 0.8)), 0.035, 0.7, 0.04, 16, 160),
        "accordion" => new Sustained(
            new() { Soft = Spectra.Pulse(0.35, 1.2), Loud = Spectra.Under(Spectra.Pulse(0.3, 0.85), 3200), Attack = 0.04, Decay = 0.5, Sustain = 0.9, Release = 0.12, Unison = 3, Detune = 24, Width = 0.4 },
            new() { LevelDb = -8, LowCut = 90, Reverb = 0.2 }),
        "organ" => new Sustained(
            new() { Soft = Spectra.Bars(1, 0.7, 0.45, 0.4, 0, 0.15, 0, 0.15), Loud = Spectra.Bars(1, 0.8, 0.6, 0.7, 0.1, 0.4, 0, 0.5), Attack = 0.008, Decay = 0.1, Sustain = 0.95, Release = 0.06, Vibrato = 7, VibratoHertz = 6.2 },
            new() { LevelDb = -8, LowCut = 60, Chorus = 2.8, Tremolo = 0.12, Reverb = 0.25 }),
        "drums" => new Kit(new() { LevelDb = -1.5, LowCut = 28, Reverb = 0.09 }),
        "percussion" => new Kit(new() { LevelDb = -1.5, LowCut = 28, Reverb = 0.22 }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not an instrument of the vocabulary."),
    };

    private static Plucked Pluck(double seconds, double damping, double brightness, double position, double release, Channel channel) =>
        new(new StringPatch(seconds, damping, brightness, position, release), channel);

    private static Sustained Bow(double bright, double attack, double release, double lowCut) => new(
        new()
        {
            Soft = Bowed(1.8, bright * 0.4),
            Loud = Bowed(0.95, bright),
            Attack = attack,
            Decay = 0.8,
            Sustain = 0.88,
            Release = release,
            BrightSustain = 0.75,
            Vibrato = 17,
            VibratoHertz = 5.6,
            Breath = 0.03,
        },
        new() { LevelDb = -7.5, LowCut = lowCut, Reverb = 0.35 });

    private static Sustained Blow(Spectrum soft, Spectrum loud, double attack, double sustainBright, double breath, double vibrato, double lowCut) => new(
        new() { Soft = soft, Loud = loud, Attack = attack, Decay = 0.35, Sustain = 0.85, Release = 0.14, BrightSustain = sustainBright, Breath = breath, Vibrato = vibrato },
        new() { LevelDb = -7.5, LowCut = lowCut, Reverb = 0.3 });

    private static Spectrum Bowed(double power, double bright) =>
        Spectra.Formants(Spectra.Under(Spectra.Power(power), bright), 0.6, (480, 200, 0.4), (1050, 300, 0.35), (2700, 700, 0.35));

    private static Spectrum Horn(double bright) => Spectra.Formants(Spectra.Under(Spectra.Power(0.35), bright), 0.55, (bright * 0.45, bright * 0.3, 0.6));

    private static Spectrum Vowel(double power) =>
        Spectra.Formants(Spectra.Power(power), 0.08, (700, 180, 1.0), (1150, 200, 0.7), (2700, 350, 0.25), (3300, 400, 0.15));
}
