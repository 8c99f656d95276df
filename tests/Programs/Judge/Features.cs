namespace MusicGen.Programs.Judge;

/// <summary>Numbers about a sound's timbre, rhythm and harmony, none of which knows how the sound was made.</summary>
internal static class Features
{
    private const int Bands = 24;

    /// <summary>All features in a fixed order.</summary>
    public static double[] Of(Sound sound)
    {
        var onsets = Onsets.Of(sound);
        return [.. Timbre(sound), .. Rhythm(sound, onsets), .. Harmony(KeyFinder.Chroma(sound))];
    }

    /// <summary>The mean centre of the spectrum in hertz, each moment weighed by its energy.</summary>
    public static double Brightness(Sound sound)
    {
        var (weighted, sum) = (0.0, 0.0);
        var hertz = sound.Rate / 2048.0;
        foreach (var frame in Fourier.Spectra(sound.Mono(), 2048, 2048))
        {
            for (var i = 2; i < frame.Length && i * hertz < 12000; i++)
            {
                weighted += frame[i] * i * hertz;
                sum += frame[i];
            }
        }

        return weighted / (sum + 1e-12);
    }

    /// <summary>Onsets a second.</summary>
    public static double OnsetDensity(Sound sound) => Onsets.Of(sound).Peaks().Count / sound.Seconds;

    private static List<double> Timbre(Sound sound)
    {
        var mono = sound.Mono();
        var spectra = Fourier.Spectra(mono, 2048, 1024);
        var hertz = sound.Rate / 2048.0;
        var edges = Enumerable.Range(0, Bands + 1).Select(b => 40 * Math.Pow(300, b / (double)Bands)).ToArray();
        var levels = spectra.Select(s => Enumerable.Range(0, Bands).Select(b =>
        {
            var (from, to) = ((int)(edges[b] / hertz), Math.Min(s.Length, (int)Math.Ceiling(edges[b + 1] / hertz)));
            var sum = 1e-10;
            for (var i = from; i < to; i++)
                sum += s[i] * s[i];
            return 10 * Math.Log10(sum);
        }).ToArray()).ToList();

        var features = new List<double>();
        var means = Enumerable.Range(0, Bands).Select(b => levels.Average(l => l[b])).ToArray();
        var middle = means.Average();
        features.AddRange(means.Select(m => m - middle));
        for (var b = 0; b < Bands; b += 2)
            features.Add(Math.Sqrt(levels.Average(l => Math.Pow(l[b] - means[b], 2))));

        // Crest: how far moments stand above their band, by thirds of the range: picks and hats against pads.
        for (var part = 0; part < 3; part++)
            features.Add(levels.Select(l => l.Skip(part * 8).Take(8).Max()).Order().ElementAt(levels.Count * 95 / 100) - means.Skip(part * 8).Take(8).Average());

        // Flatness by thirds: noise against tones.
        (double, double)[] ranges = [(100, 600), (600, 3000), (3000, 12000)];
        foreach (var (low, high) in ranges)
        {
            features.Add(spectra.Average(s =>
            {
                var (log, sum, n) = (0.0, 1e-12, 0);
                for (var i = (int)(low / hertz); i < (int)(high / hertz) && i < s.Length; i++, n++)
                {
                    log += Math.Log(s[i] + 1e-9);
                    sum += s[i];
                }

                return Math.Exp(log / n) / (sum / n);
            }));
        }

        features.Add(Width(sound));
        return features;
    }

    private static double Width(Sound sound)
    {
        if (sound.Channels.Length < 2)
            return 0;
        var (middle, side) = (1e-12, 0.0);
        for (var i = 0; i < sound.Frames; i++)
        {
            middle += Math.Pow(sound.Channels[0][i] + sound.Channels[1][i], 2);
            side += Math.Pow(sound.Channels[0][i] - sound.Channels[1][i], 2);
        }

        return Math.Log10((side / middle) + 1e-4);
    }

    private static List<double> Rhythm(Sound sound, Onsets onsets)
    {
        var tempo = TempoFinder.Find(onsets);
        var beat = 60.0 * Onsets.Rate / Math.Max(30, tempo);
        var features = new List<double> { Math.Log2(Math.Max(30, tempo)), onsets.Peaks().Count / sound.Seconds };
        foreach (var x in new[] { onsets.Strength, onsets.Low, onsets.High })
        {
            features.Add(Math.Log(x.Average() + 1e-3));
            // Where between beats things happen: eighths, triplets, sixteenths.
            foreach (var part in new[] { 0.25, 1 / 3.0, 0.5, 2 / 3.0, 0.75, 1, 1.5, 2, 4 })
                features.Add(Correlation(x, part * beat));
        }

        return features;
    }

    private static double Correlation(float[] x, double lag)
    {
        var mean = x.Average();
        var (best, zero) = (double.NegativeInfinity, 1e-9);
        foreach (var v in x)
            zero += (v - mean) * (v - mean);
        for (var l = (int)lag; l <= (int)lag + 1; l++)
        {
            var sum = 0.0;
            for (var i = l; i < x.Length; i++)
                sum += (x[i] - mean) * (x[i - l] - mean);
            best = Math.Max(best, sum / zero * x.Length / Math.Max(1, x.Length - l));
        }

        return best;
    }

    private static List<double> Harmony(float[][] chroma)
    {
        var key = KeyFinder.Find(chroma);
        var whole = Enumerable.Range(0, 12).Select(p => chroma.Sum(c => (double)c[(p + key.Tonic) % 12])).ToArray();
        var sum = whole.Sum() + 1e-9;
        var features = new List<double> { key.Fit, KeyFinder.Majorness(chroma) };
        features.AddRange(whole.Select(w => w / sum));

        // How fast the harmony moves, and how many tones sound together.
        var smooth = chroma.Chunk(6).Select(f => Enumerable.Range(0, 12).Select(p => f.Sum(c => (double)c[p])).ToArray()).ToList();
        features.Add(smooth.Zip(smooth.Skip(1), Distance).DefaultIfEmpty(0).Average());
        features.Add(smooth.Average(f => Entropy(f)));
        features.Add(chroma.Average(f => Entropy([.. f.Select(v => (double)v)])));
        // Intervals within a moment: sevenths and seconds against thirds and fifths.
        for (var interval = 1; interval <= 6; interval++)
            features.Add(smooth.Average(f => Enumerable.Range(0, 12).Sum(p => f[p] * f[(p + interval) % 12]) / (f.Sum(v => v * v) + 1e-9)));
        return features;
    }

    private static double Distance(double[] a, double[] b)
    {
        var (sa, sb) = (a.Sum() + 1e-9, b.Sum() + 1e-9);
        return a.Zip(b, (x, y) => Math.Abs((x / sa) - (y / sb))).Sum();
    }

    private static double Entropy(double[] x)
    {
        var sum = x.Sum() + 1e-9;
        return -x.Sum(v => v <= 0 ? 0 : v / sum * Math.Log(v / sum));
    }
}
