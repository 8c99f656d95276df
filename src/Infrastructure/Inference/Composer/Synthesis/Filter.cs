using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>A second-order stereo filter (Bristow-Johnson's cookbook formulas) in transposed direct form II.</summary>
internal sealed class Filter
{
    private readonly double _b0;
    private readonly double _b1;
    private readonly double _b2;
    private readonly double _a1;
    private readonly double _a2;
    private double _left1;
    private double _left2;
    private double _right1;
    private double _right2;

    private Filter(double b0, double b1, double b2, double a0, double a1, double a2) =>
        (_b0, _b1, _b2, _a1, _a2) = (b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0);

    public static Filter HighPass(double hertz, int sampleRate)
    {
        var (cosine, alpha) = Angle(hertz, sampleRate);
        return new((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    public static Filter LowPass(double hertz, int sampleRate)
    {
        var (cosine, alpha) = Angle(hertz, sampleRate);
        return new((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>Raises or lowers what lies above a frequency.</summary>
    public static Filter HighShelf(double hertz, double db, int sampleRate)
    {
        var (cosine, alpha) = Angle(hertz, sampleRate);
        var a = Math.Pow(10, db / 40);
        var root = 2 * Math.Sqrt(a) * alpha;
        return new(
            a * (a + 1 + ((a - 1) * cosine) + root), -2 * a * (a - 1 + ((a + 1) * cosine)), a * (a + 1 + ((a - 1) * cosine) - root),
            a + 1 - ((a - 1) * cosine) + root, 2 * (a - 1 - ((a + 1) * cosine)), a + 1 - ((a - 1) * cosine) - root);
    }

    public void Process(Span<float> left, Span<float> right)
    {
        Run(left, ref _left1, ref _left2);
        Run(right, ref _right1, ref _right2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(Span<float> samples, ref double s1, ref double s2)
    {
        var (b0, b1, b2, a1, a2, p, q) = (_b0, _b1, _b2, _a1, _a2, s1, s2);
        for (var i = 0; i < samples.Length; i++)
        {
            double x = samples[i];
            var y = (b0 * x) + p;
            p = (b1 * x) - (a1 * y) + q;
            q = (b2 * x) - (a2 * y);
            samples[i] = (float)y;
        }

        (s1, s2) = (p, q);
    }

    private static (double Cosine, double Alpha) Angle(double hertz, int sampleRate)
    {
        var angle = 2 * Math.PI * hertz / sampleRate;
        return (Math.Cos(angle), Math.Sin(angle) / Math.Sqrt(2));
    }
}
