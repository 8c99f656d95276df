using System.Numerics;

namespace MusicGen.Infrastructure.Inference.Composer.Audition;

/// <summary>What a sound looks like: 40 Hz to 15 kHz in octaves, 70 dB from dark to light.</summary>
internal static class Spectrogram
{
    public const int Width = 720;
    public const int Height = 180;
    private const int Size = 4096;
    private const double LowestHertz = 40;
    private const double Octaves = 8.6;
    private static readonly (double R, double G, double B)[] Ramp = [(8, 8, 28), (48, 18, 96), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)];
    private static readonly Complex[] Turns = [.. Enumerable.Range(0, Size / 2).Select(i => Complex.FromPolarCoordinates(1, -2 * Math.PI * i / Size))];

    /// <summary>A PNG of a sound.</summary>
    /// <param name="samples">Interleaved, [frames × channels].</param>
    /// <param name="channels">1 or more; their mean is drawn.</param>
    /// <param name="sampleRate">In hertz.</param>
    public static byte[] Draw(float[] samples, int channels, int sampleRate)
    {
        var hop = Math.Max(1, ((samples.Length / channels) - Size) / Width);
        var columns = Enumerable.Range(0, Width).Select(column => Magnitudes(samples, channels, column * hop)).ToArray();
        var hertz = (double)sampleRate / Size;
        return Png.Write(Width, Height, (x, y) =>
        {
            var from = LowestHertz * Math.Pow(2, Octaves * (Height - 1 - y) / Height) / hertz;
            var to = LowestHertz * Math.Pow(2, Octaves * (Height - y) / Height) / hertz;
            var level = 0.0;
            for (var i = (int)from; i <= (int)to && i < Size / 2; i++)
                level = Math.Max(level, columns[x][i]);
            return Colour(Math.Clamp((20 * Math.Log10(level + 1e-9) / 70) + 1.15, 0, 1));
        });
    }

    /// <summary>Of the frame that begins there, under a Hann window.</summary>
    private static double[] Magnitudes(float[] samples, int channels, int first)
    {
        var frame = new Complex[Size];
        for (var i = 0; i < Size; i++)
        {
            var at = (first + i) * channels;
            if (at + channels > samples.Length)
                break;
            var mean = 0f;
            for (var c = 0; c < channels; c++)
                mean += samples[at + c] / channels;
            frame[i] = mean * (0.5 - (0.5 * Math.Cos(2 * Math.PI * i / Size)));
        }

        return [.. Transform(frame).Take(Size / 2).Select(x => x.Magnitude * 2 / Size)];
    }

    /// <summary>The Fourier transform after Cooley and Tukey, of a length that is a power of two.</summary>
    private static Complex[] Transform(Complex[] x)
    {
        if (x.Length == 1)
            return x;
        var half = x.Length / 2;
        var (even, odd) = (new Complex[half], new Complex[half]);
        for (var i = 0; i < half; i++)
            (even[i], odd[i]) = (x[2 * i], x[(2 * i) + 1]);
        (even, odd) = (Transform(even), Transform(odd));
        for (var i = 0; i < half; i++)
        {
            var turned = odd[i] * Turns[i * (Size / x.Length)];
            (x[i], x[i + half]) = (even[i] + turned, even[i] - turned);
        }

        return x;
    }

    private static (byte R, byte G, byte B) Colour(double level)
    {
        var place = level * (Ramp.Length - 1);
        var i = Math.Min(Ramp.Length - 2, (int)place);
        var (a, b, f) = (Ramp[i], Ramp[i + 1], place - i);
        return ((byte)(a.R + (f * (b.R - a.R))), (byte)(a.G + (f * (b.G - a.G))), (byte)(a.B + (f * (b.B - a.B))));
    }
}
