namespace MusicGen.Programs.Judge;

/// <summary>
/// The tempo by the autocorrelation of the onsets: a period is believed as far as its multiples are periods too and the
/// points halfway between them are weaker, weighed by how usual its tempo is.
/// </summary>
internal static class TempoFinder
{
    private const double Slowest = 40;
    private const double Fastest = 240;
    private const double Usual = 105;
    private const double StepRatio = 1.002;

    /// <summary>Beats per minute; 0 where nothing moves.</summary>
    public static double Find(Onsets onsets)
    {
        var curve = Autocorrelation(onsets.Strength, 14 * Onsets.Rate);
        if (curve[0] <= 0)
            return 0;
        var (best, bestScore) = (0.0, double.NegativeInfinity);
        for (var tempo = Slowest; tempo <= Fastest; tempo *= StepRatio)
        {
            var score = Score(curve, 60 * Onsets.Rate / tempo, tempo);
            if (score > bestScore)
                (best, bestScore) = (tempo, score);
        }

        return best;
    }

    /// <summary>Whether a found tempo is the asked one within a part of it, or half or twice of it.</summary>
    public static bool IsRight(double found, double asked, double tolerance) =>
        new[] { 0.25, 0.5, 1.0, 2.0, 4.0 }.Any(octave => Math.Abs((found / (asked * octave)) - 1) <= tolerance);

    private static double Score(double[] curve, double period, double tempo)
    {
        var (sum, weights) = (0.0, 0.0);
        for (var k = 1; k * period < curve.Length - 2 && k <= 16; k++)
        {
            // A player may push or drag: far multiples are looked for in a small window.
            var weight = (k % 4 == 0 ? 1.5 : k % 2 == 0 ? 1.0 : 0.6) / Math.Sqrt(k);
            sum += weight * (At(curve, k * period) + (0.35 * At(curve, (k - 0.5) * period)));
            weights += weight;
        }

        var octaves = Math.Log2(tempo / Usual);
        return sum / (weights + 1e-9) * Math.Exp(-0.5 * octaves * octaves / (0.9 * 0.9));
    }

    private static double At(double[] curve, double lag)
    {
        var i = (int)lag;
        var fraction = lag - i;
        return i + 1 >= curve.Length ? 0 : (curve[i] * (1 - fraction)) + (curve[i + 1] * fraction);
    }

    /// <summary>Normalised so that lag 0 is 1; a mean of nothing in common is 0.</summary>
    private static double[] Autocorrelation(float[] x, int lags)
    {
        lags = Math.Min(lags, x.Length * 2 / 3);
        var mean = x.Average();
        // A blur of two hundredths of a second lets hands that aren't exact agree.
        var y = new double[x.Length];
        for (var i = 2; i < x.Length - 2; i++)
            y[i] = (x[i - 2] * 0.1) + (x[i - 1] * 0.24) + (x[i] * 0.32) + (x[i + 1] * 0.24) + (x[i + 2] * 0.1) - mean;
        var curve = new double[lags];
        for (var lag = 0; lag < lags; lag++)
        {
            var sum = 0.0;
            for (var i = lag; i < y.Length; i++)
                sum += y[i] * y[i - lag];
            curve[lag] = sum / (y.Length - lag);
        }

        var zero = curve[0];
        return zero <= 0 ? curve : [.. curve.Select(c => c / zero)];
    }
}
