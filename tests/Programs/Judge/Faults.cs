namespace MusicGen.Programs.Judge;

/// <summary>What no piece may have: clicks, holes, a constant part, samples that are no numbers.</summary>
internal static class Faults
{
    /// <summary>The longest stretch below -60 dBFS in seconds.</summary>
    public static double LongestSilence(Sound sound)
    {
        var (longest, current) = (0, 0);
        for (var i = 0; i < sound.Frames; i++)
        {
            current = sound.Channels.All(c => Math.Abs(c[i]) < 0.001f) ? current + 1 : 0;
            longest = Math.Max(longest, current);
        }

        return (double)longest / sound.Rate;
    }

    /// <summary>The largest mean of a channel, absolute.</summary>
    public static double Dc(Sound sound) => sound.Channels.Max(c => Math.Abs(c.Average(x => (double)x)));

    public static bool IsFinite(Sound sound) => sound.Channels.All(c => c.All(float.IsFinite));

    /// <summary>
    /// Moments in seconds where the signal breaks: where what the eight samples before foretell (linear prediction, fitted
    /// to the forty milliseconds around) is missed by far more than anywhere near. A drum's attack lasts longer than a
    /// break, so its misses come in company; a break's come alone.
    /// </summary>
    public static List<double> Clicks(Sound sound)
    {
        var clicks = new List<double>();
        foreach (var x in sound.Channels)
        {
            var size = sound.Rate / 25;
            for (var from = 0; from + size <= x.Length; from += size / 2)
                FindIn(x, from, size, sound.Rate, clicks);
        }

        return [.. clicks.Distinct().Order()];
    }

    private static void FindIn(float[] x, int from, int size, int rate, List<double> clicks)
    {
        const int Order = 8;
        var prediction = Prediction(x, from, size, Order);
        var misses = new double[size];
        for (var i = Order; i < size; i++)
        {
            var y = (double)x[from + i];
            for (var k = 0; k < Order; k++)
                y -= prediction[k] * x[from + i - 1 - k];
            misses[i] = Math.Abs(y);
        }

        for (var i = size / 4; i < size * 3 / 4; i++)
        {
            if (misses[i] < 0.02)
                continue;
            var near = Enumerable.Range(Math.Max(0, i - 90), Math.Min(size, i + 90) - Math.Max(0, i - 90)).Where(j => Math.Abs(j - i) > 2 + Order).Select(j => misses[j]).ToList();
            if (misses[i] > 5 * near.Max())
                clicks.Add(Math.Round((from + i) / (double)rate, 4));
        }
    }

    /// <summary>Levinson and Durbin's recursion on the autocorrelation.</summary>
    private static double[] Prediction(float[] x, int from, int size, int order)
    {
        var r = new double[order + 1];
        for (var lag = 0; lag <= order; lag++)
        {
            for (var i = lag; i < size; i++)
                r[lag] += (double)x[from + i] * x[from + i - lag];
        }

        var a = new double[order];
        var error = (r[0] * 1.0001) + 1e-9;
        for (var k = 0; k < order; k++)
        {
            var sum = r[k + 1];
            for (var j = 0; j < k; j++)
                sum -= a[j] * r[k - j];
            var reflection = sum / error;
            var before = (double[])a.Clone();
            a[k] = reflection;
            for (var j = 0; j < k; j++)
                a[j] = before[j] - (reflection * before[k - 1 - j]);
            error *= 1 - (reflection * reflection);
        }

        return a;
    }
}
