namespace MusicGen.Programs.Judge;

/// <summary>Loudness and true peak by ITU-R BS.1770-4, written from the standard.</summary>
internal static class LoudnessMeter
{
    /// <summary>Integrated loudness in LUFS: two gates, blocks of 400 ms every 100 ms.</summary>
    public static double Integrated(Sound sound)
    {
        var hop = sound.Rate / 10;
        var hops = new double[sound.Frames / hop];
        foreach (var channel in sound.Channels)
        {
            var weighted = Weighted(channel, sound.Rate);
            for (var h = 0; h < hops.Length; h++)
            {
                var sum = 0.0;
                for (var i = h * hop; i < (h + 1) * hop; i++)
                    sum += weighted[i] * weighted[i];
                hops[h] += sum / hop;
            }
        }

        var blocks = Enumerable.Range(0, Math.Max(0, hops.Length - 3)).Select(i => (hops[i] + hops[i + 1] + hops[i + 2] + hops[i + 3]) / 4).ToList();
        if (blocks.Count == 0)
            blocks = [hops.DefaultIfEmpty(0).Average()];
        var loud = blocks.Where(b => Lufs(b) > -70).ToList();
        if (loud.Count == 0)
            return double.NegativeInfinity;
        var gate = Lufs(loud.Average()) - 10;
        return Lufs(loud.Where(b => Lufs(b) > gate).Average());
    }

    /// <summary>The highest value between and on the samples, in dBTP, by a sinc of 24 taps a phase, four times oversampled.</summary>
    public static double TruePeakDb(Sound sound)
    {
        const int Half = 12;
        var phases = Enumerable.Range(0, 4).Select(p => Enumerable.Range(0, 2 * Half).Select(t =>
        {
            var x = t - (Half - 1) - (p / 4.0);
            var window = 0.5 + (0.5 * Math.Cos(Math.PI * x / Half));
            return Math.Abs(x) < 1e-9 ? 1 : Math.Abs(x) >= Half ? 0 : Math.Sin(Math.PI * x) / (Math.PI * x) * window;
        }).ToArray()).ToArray();

        var peak = 0.0;
        foreach (var channel in sound.Channels)
        {
            var highest = channel.Max(Math.Abs);
            peak = Math.Max(peak, highest);
            for (var i = 0; i < channel.Length; i++)
            {
                // Only near the largest samples can anything between them be larger.
                if (Math.Abs(channel[i]) < 0.4 * highest)
                    continue;
                foreach (var phase in phases.AsSpan(1))
                {
                    var y = 0.0;
                    for (var t = Math.Max(0, Half - 1 - i); t < 2 * Half && i + t - Half + 1 < channel.Length; t++)
                        y += phase[t] * channel[i + t - Half + 1];
                    peak = Math.Max(peak, Math.Abs(y));
                }
            }
        }

        return 20 * Math.Log10(peak + 1e-12);
    }

    private static double Lufs(double power) => power > 0 ? -0.691 + (10 * Math.Log10(power)) : double.NegativeInfinity;

    // The standard prints coefficients for 48 kHz; these are the same two filters by their analogue corner, gain and Q.
    private static double[] Weighted(float[] x, int rate)
    {
        var a = Math.Pow(10, 3.99984385397 / 40);
        var w = 2 * Math.PI * 1681.9744509555319 / rate;
        var (cos, alpha) = (Math.Cos(w), Math.Sin(w) / (2 * 0.7071752369554196));
        var root = 2 * Math.Sqrt(a) * alpha;
        double[] shelf =
        [
            a * (a + 1 + ((a - 1) * cos) + root), -2 * a * (a - 1 + ((a + 1) * cos)), a * (a + 1 + ((a - 1) * cos) - root),
            a + 1 - ((a - 1) * cos) + root, 2 * (a - 1 - ((a + 1) * cos)), a + 1 - ((a - 1) * cos) - root,
        ];
        w = 2 * Math.PI * 38.13547087613982 / rate;
        (cos, alpha) = (Math.Cos(w), Math.Sin(w) / (2 * 0.5003270373253953));
        // The standard's second filter has numerator 1, -2, 1 and so a gain of a little more than the cookbook's.
        double[] high = [1 + alpha, -2 * (1 + alpha), 1 + alpha, 1 + alpha, -2 * cos, 1 - alpha];
        return Run(Run([.. x.Select(v => (double)v)], shelf), high);
    }

    private static double[] Run(double[] x, double[] f)
    {
        var (x1, x2, y1, y2) = (0.0, 0.0, 0.0, 0.0);
        var y = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            y[i] = ((f[0] * x[i]) + (f[1] * x1) + (f[2] * x2) - (f[4] * y1) - (f[5] * y2)) / f[3];
            (x2, x1, y2, y1) = (x1, x[i], y1, y[i]);
        }

        return y;
    }
}
