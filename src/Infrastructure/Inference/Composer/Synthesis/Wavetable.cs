namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>The level of a harmonic by its number and its frequency in hertz, which is what gives an instrument formants.</summary>
internal delegate double Spectrum(int harmonic, double hertz);

/// <summary>
/// One period of a tone, made for the pitch that plays it: it holds no harmonic above the band, so nothing aliases.
/// One sample more than a period saves the wrap when interpolating.
/// </summary>
internal static class Wavetable
{
    public const int Size = 2048;
    private const int MaxHarmonics = 160;
    private static readonly float[] Sine = MakeSine();

    public static float[] Make(Spectrum spectrum, double frequency, int sampleRate)
    {
        var table = new float[Size + 1];
        var limit = Math.Min(15000, sampleRate * 0.44);
        var power = 0.0;
        for (var h = 1; h <= MaxHarmonics && h * frequency < limit; h++)
        {
            var level = spectrum(h, h * frequency);
            if (level < 1e-5)
                continue;
            power += level * level / 2;
            // Phases that differ by harmonic keep the peaks low without changing what is heard.
            var phase = h * h * 331 % Size;
            for (var i = 0; i < Size; i++)
                table[i] += (float)level * Sine[((h * i) + phase) & (Size - 1)];
        }

        var gain = (float)(0.25 / Math.Sqrt(power + 1e-12));
        for (var i = 0; i < Size; i++)
            table[i] *= gain;
        table[Size] = table[0];
        return table;
    }

    private static float[] MakeSine()
    {
        var sine = new float[Size];
        for (var i = 0; i < Size; i++)
            sine[i] = (float)Math.Sin(2 * Math.PI * i / Size);
        return sine;
    }
}
