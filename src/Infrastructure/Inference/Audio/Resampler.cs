namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>
/// Changes a sound's rate by a windowed sinc, 24 zero crossings to each side, rolled off at 0.945 of the lower Nyquist
/// frequency: what torchaudio's resample does, and with it the reference's melody features.
/// </summary>
internal static class Resampler
{
    private const double RollOff = 0.945;
    private const double Width = 24;

    // Filters of all phases are kept only where they are few, as for all common rates.
    private const long MostTaps = 4 << 20;

    /// <summary>One channel at another rate, ceil(n · length / o) samples.</summary>
    /// <param name="samples">At the old rate.</param>
    /// <param name="from">In hertz.</param>
    /// <param name="to">In hertz.</param>
    public static float[] Resample(float[] samples, int from, int to)
    {
        if (from == to)
            return samples;
        var divisor = Gcd(from, to);
        var (o, n) = (from / divisor, to / divisor);
        var b = RollOff * Math.Min(o, n);
        var reach = (int)Math.Ceiling(Width * o / b);
        var taps = (2 * reach) + 1;
        var filters = (long)n * taps <= MostTaps ? Enumerable.Range(0, n).Select(phase => Filter(phase)).ToArray() : null;

        var result = new float[(int)((((long)n * samples.Length) + o - 1) / o)];
        for (var m = 0; m < result.Length; m++)
        {
            var phase = (int)((long)m % n);
            var first = (int)((long)m / n * o) + (int)((long)phase * o / n) - reach;
            var filter = filters?[phase] ?? Filter(phase);
            var sum = 0.0;
            for (var i = Math.Max(0, -first); i < taps && first + i < samples.Length; i++)
                sum += filter[i] * samples[first + i];
            result[m] = (float)sum;
        }

        return result;

        // Weights of the samples around phase · o / n.
        double[] Filter(int phase)
        {
            var filter = new double[taps];
            var centre = (int)((long)phase * o / n);
            for (var i = 0; i < taps; i++)
            {
                var t = b * (((double)(centre - reach + i) / o) - ((double)phase / n));
                if (Math.Abs(t) < Width)
                    filter[i] = b / o * Sinc(t) * Math.Pow(Math.Cos(Math.PI * t / (2 * Width)), 2);
            }

            return filter;
        }
    }

    /// <summary>Splits interleaved sound.</summary>
    /// <param name="samples">[frames × channels]</param>
    /// <param name="channels">At least 1.</param>
    /// <param name="wanted">1 or 2: one is the mean of all, two of one are twice the same, of more than two the mean twice.</param>
    public static float[][] ToChannels(float[] samples, int channels, int wanted)
    {
        var frames = samples.Length / channels;
        if (channels == wanted)
            return [.. Enumerable.Range(0, wanted).Select(c => Pick(c))];
        var mean = new float[frames];
        for (var i = 0; i < frames; i++)
        {
            var sum = 0f;
            for (var c = 0; c < channels; c++)
                sum += samples[(i * channels) + c];
            mean[i] = sum / channels;
        }

        return [.. Enumerable.Repeat(mean, wanted)];

        float[] Pick(int channel)
        {
            var one = new float[frames];
            for (var i = 0; i < frames; i++)
                one[i] = samples[(i * channels) + channel];
            return one;
        }
    }

    private static double Sinc(double t) => t == 0 ? 1 : Math.Sin(Math.PI * t) / (Math.PI * t);

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
