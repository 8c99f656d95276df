using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>
/// The peak between the samples: four times oversampling as in ITU-R BS.1770-4, annex 2, here with a Kaiser-windowed
/// sinc of 16 taps for each phase.
/// </summary>
internal static class TruePeak
{
    /// <summary>Frames on either side of a position that its interpolation reads.</summary>
    public const int Reach = 8;

    /// <summary>No interpolated value passes this many times the largest sample in reach.</summary>
    public const float Bound = 2.2f;

    private const int Taps = Reach * 2;
    private static readonly float[][] Phases = [MakePhase(0.25), MakePhase(0.5), MakePhase(0.75)];

    /// <summary>The highest absolute value of the sound, on and between its samples.</summary>
    /// <param name="samples">Interleaved, [frames × channels].</param>
    /// <param name="channels">1 or more.</param>
    public static float Of(ReadOnlySpan<float> samples, int channels)
    {
        var peak = 0f;
        for (var frame = 0; frame < samples.Length / channels; frame++)
            peak = Math.Max(peak, At(samples, channels, frame));
        return peak;
    }

    /// <summary>The highest absolute value of any channel from this frame to just before the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float At(ReadOnlySpan<float> samples, int channels, int frame)
    {
        var peak = 0f;
        var first = frame - Reach + 1;
        var inside = first >= 0 && (first + Taps) * channels <= samples.Length;
        for (var c = 0; c < channels; c++)
        {
            peak = Math.Max(peak, Math.Abs(samples[(frame * channels) + c]));
            foreach (var phase in Phases)
            {
                var y = 0f;
                if (inside)
                {
                    for (int t = 0, at = (first * channels) + c; t < phase.Length; t++, at += channels)
                        y += phase[t] * samples[at];
                }
                else
                {
                    for (var t = 0; t < phase.Length; t++)
                    {
                        var at = ((first + t) * channels) + c;
                        if (at >= 0 && at < samples.Length)
                            y += phase[t] * samples[at];
                    }
                }

                peak = Math.Max(peak, Math.Abs(y));
            }
        }

        return peak;
    }

    private static float[] MakePhase(double fraction)
    {
        const double Beta = 6;
        var taps = new float[Taps];
        for (var t = 0; t < Taps; t++)
        {
            var x = t - (Reach - 1) - fraction;
            var window = Bessel(Beta * Math.Sqrt(Math.Max(0, 1 - (x / Reach * x / Reach)))) / Bessel(Beta);
            taps[t] = (float)(Math.Sin(Math.PI * x) / (Math.PI * x) * window);
        }

        return taps;
    }

    private static double Bessel(double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (var k = 1; k < 30; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }

        return sum;
    }
}
