namespace MusicGen.Programs.Judge;

/// <summary>
/// Fisher's linear discriminant with a shrunken covariance, trained anew without each sample in turn and then asked about
/// it.
/// </summary>
internal static class LeaveOneOut
{
    private const double Shrinkage = 0.12;

    /// <summary>What each sample is taken for by a classifier that has never seen it.</summary>
    /// <param name="samples">[samples][features]</param>
    /// <param name="labels">A class for each.</param>
    public static string[] Guess(IReadOnlyList<double[]> samples, IReadOnlyList<string> labels)
    {
        var classes = labels.Distinct().Order(StringComparer.Ordinal).ToArray();
        var guesses = new string[samples.Count];
        for (var out1 = 0; out1 < samples.Count; out1++)
        {
            var kept = Enumerable.Range(0, samples.Count).Where(i => i != out1).ToList();
            var scaled = Scale(samples, kept);
            guesses[out1] = Classify(scaled, labels, kept, classes, scaled[out1]);
        }

        return guesses;
    }

    // Zero mean and deviation 1 over those that are kept; far outliers are drawn in.
    private static double[][] Scale(IReadOnlyList<double[]> samples, List<int> kept)
    {
        var size = samples[0].Length;
        var mean = new double[size];
        var deviation = new double[size];
        foreach (var i in kept)
        {
            for (var f = 0; f < size; f++)
                mean[f] += samples[i][f] / kept.Count;
        }

        foreach (var i in kept)
        {
            for (var f = 0; f < size; f++)
                deviation[f] += Math.Pow(samples[i][f] - mean[f], 2) / kept.Count;
        }

        return [.. samples.Select(s => Enumerable.Range(0, size).Select(f => Math.Clamp((s[f] - mean[f]) / Math.Sqrt(deviation[f] + 1e-12), -4, 4)).ToArray())];
    }

    private static string Classify(double[][] samples, IReadOnlyList<string> labels, List<int> kept, string[] classes, double[] asked)
    {
        var size = asked.Length;
        var means = classes.Select(c =>
        {
            var own = kept.Where(i => labels[i] == c).ToList();
            return Enumerable.Range(0, size).Select(f => own.Count == 0 ? 0 : own.Average(i => samples[i][f])).ToArray();
        }).ToArray();

        var covariance = new double[size, size];
        foreach (var i in kept)
        {
            var mean = means[Array.IndexOf(classes, labels[i])];
            for (var a = 0; a < size; a++)
            {
                var x = samples[i][a] - mean[a];
                for (var b = a; b < size; b++)
                    covariance[a, b] += x * (samples[i][b] - mean[b]) / kept.Count;
            }
        }

        var trace = Enumerable.Range(0, size).Sum(f => covariance[f, f]) / size;
        for (var a = 0; a < size; a++)
        {
            for (var b = a; b < size; b++)
                covariance[a, b] = covariance[b, a] = (covariance[a, b] * (1 - Shrinkage)) + (a == b ? Shrinkage * trace : 0);
        }

        var factor = Cholesky(covariance);
        return classes.Zip(means).MinBy(c => Length(factor, [.. asked.Zip(c.Second, (x, m) => x - m)])).First;
    }

    private static double[,] Cholesky(double[,] matrix)
    {
        var size = matrix.GetLength(0);
        var factor = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[i, j];
                for (var k = 0; k < j; k++)
                    sum -= factor[i, k] * factor[j, k];
                factor[i, j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / factor[j, j];
            }
        }

        return factor;
    }

    // Mahalanobis' distance, squared: the length of the solution of factor · y = x.
    private static double Length(double[,] factor, double[] x)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            for (var k = 0; k < i; k++)
                x[i] -= factor[i, k] * x[k];
            x[i] /= factor[i, i];
            sum += x[i] * x[i];
        }

        return sum;
    }
}
