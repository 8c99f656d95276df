namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Harmonic levels of families of tones.</summary>
internal static class Spectra
{
    /// <summary>All harmonics, falling with the power of their number: 1 is a saw, 2 and more are dark.</summary>
    public static Spectrum Power(double power) => (h, _) => Math.Pow(h, -power);

    /// <summary>Odd harmonics strong, even ones at the given part: a square, a closed pipe.</summary>
    public static Spectrum Odd(double power, double even) => (h, _) => Math.Pow(h, -power) * (h % 2 == 1 ? 1 : even);

    /// <summary>A pulse of the given width.</summary>
    public static Spectrum Pulse(double width, double power) => (h, _) => Math.Abs(Math.Sin(Math.PI * h * width)) * Math.Pow(h, -power);

    /// <summary>Named harmonics only, as an organ's drawbars.</summary>
    public static Spectrum Bars(params double[] levels) => (h, _) => h <= levels.Length ? levels[h - 1] : 0;

    /// <summary>A spectrum shaped by resonances that stay where they are, whatever the note: (hertz, width in hertz, gain).</summary>
    public static Spectrum Formants(Spectrum source, double floor, params (double Hertz, double Width, double Gain)[] formants) => (h, hertz) =>
    {
        var gain = floor;
        foreach (var (centre, width, level) in formants)
        {
            var x = (hertz - centre) / width;
            gain += level * Math.Exp(-x * x);
        }

        return source(h, hertz) * gain;
    };

    /// <summary>Less above a frequency: 12 dB an octave.</summary>
    public static Spectrum Under(Spectrum source, double hertz) => (h, f) => source(h, f) / (1 + (f / hertz * (f / hertz)));
}
