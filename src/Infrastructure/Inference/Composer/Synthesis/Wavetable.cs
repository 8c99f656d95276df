using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>The level of a harmonic by its number and its frequency in hertz, which is what gives an instrument formants.</summary>
internal delegate double Spectrum(int harmonic, double hertz);

/// <summary>
/// One period of a tone in two spectra, made for the pitch that plays it: it holds no harmonic above the band, so nothing
/// aliases. Soft and loud samples take turns, so that one reading finds all four that an interpolation needs; one pair
/// more than a period saves the wrap.
/// </summary>
internal static class Wavetable
{
    private const int SizeBits = 11;
    private const int Size = 1 << SizeBits;
    private const int FractionBits = 32 - SizeBits;
    private const int MaxHarmonics = 160;
    private static readonly float[] Sine = MakeSine();

    /// <param name="soft">The spectrum of the even places.</param>
    /// <param name="loud">That of the odd ones.</param>
    /// <param name="frequency">Of the tone, in hertz.</param>
    /// <param name="sampleRate">In hertz.</param>
    public static float[] Make(Spectrum soft, Spectrum loud, double frequency, int sampleRate)
    {
        var table = new float[2 * (Size + 1)];
        foreach (var (place, spectrum) in new[] { soft, loud }.Index())
        {
            var period = Period(spectrum, frequency, sampleRate);
            for (var i = 0; i <= Size; i++)
                table[(2 * i) + place] = period[i % Size];
        }

        return table;
    }

    /// <summary>The samples around a phase: soft and loud before it, soft and loud behind it.</summary>
    /// <param name="table">As <see cref="Make"/> gives it.</param>
    /// <param name="phase">Of a whole turn, in parts of 2^32.</param>
    /// <param name="fraction">Where between them it lies, 0 to 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Near(float[] table, uint phase, out float fraction)
    {
        fraction = (int)(phase & ((1u << FractionBits) - 1)) * (1f / (1 << FractionBits));
        return Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(table), 2 * (nuint)(phase >> FractionBits));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float[] Period(Spectrum spectrum, double frequency, int sampleRate)
    {
        var period = new float[Size];
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
                period[i] += (float)level * Sine[((h * i) + phase) & (Size - 1)];
        }

        var gain = (float)(0.25 / Math.Sqrt(power + 1e-12));
        for (var i = 0; i < Size; i++)
            period[i] *= gain;
        return period;
    }

    private static float[] MakeSine()
    {
        var sine = new float[Size];
        for (var i = 0; i < Size; i++)
            sine[i] = (float)Math.Sin(2 * Math.PI * i / Size);
        return sine;
    }
}
