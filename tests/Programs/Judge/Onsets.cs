namespace MusicGen.Programs.Judge;

/// <summary>
/// Where notes begin: the rise of the logarithmic energy in bands a sixth of an octave wide, a hundred times a second,
/// without its slow part.
/// </summary>
internal sealed class Onsets
{
    /// <summary>Values a second.</summary>
    public const int Rate = 100;

    private const int Bands = 54;
    private const double Lowest = 40;

    private Onsets(float[] strength, float[] low, float[] high) => (Strength, Low, High) = (strength, low, high);

    /// <summary>Of all bands.</summary>
    public float[] Strength { get; }

    /// <summary>Below 160 Hz: kick and bass.</summary>
    public float[] Low { get; }

    /// <summary>Above 5 kHz: cymbals and picks.</summary>
    public float[] High { get; }

    public static Onsets Of(Sound sound)
    {
        var spectra = Fourier.Spectra(sound.Mono(), sound.Rate > 30000 ? 2048 : 1024, sound.Rate / Rate);
        var edges = Enumerable.Range(0, Bands + 1).Select(b => Lowest * Math.Pow(2, b / 6.0)).ToArray();
        var hertz = sound.Rate / 2.0 / (spectra[0].Length - 1);
        var logs = spectra.Select(s => Energies(s, edges, hertz)).ToArray();
        var all = new float[logs.Length];
        var low = new float[logs.Length];
        var high = new float[logs.Length];
        for (var f = 2; f < logs.Length; f++)
        {
            for (var b = 0; b < Bands; b++)
            {
                // Against two frames earlier, or the windows' overlap would hide half of the rise.
                var rise = Math.Max(0, logs[f][b] - logs[f - 2][b]);
                all[f] += rise;
                if (edges[b] < 160)
                    low[f] += rise;
                else if (edges[b] >= 5000)
                    high[f] += rise;
            }
        }

        return new Onsets(Levelled(all), Levelled(low), Levelled(high));
    }

    /// <summary>Moments of onsets in seconds: peaks that stand out from half a second around them.</summary>
    public List<double> Peaks()
    {
        var peaks = new List<double>();
        var mean = Strength.Average();
        for (var i = 3; i < Strength.Length - 3; i++)
        {
            var x = Strength[i];
            if (x > 1.6 * mean && Enumerable.Range(i - 3, 7).All(j => Strength[j] <= x) && (peaks.Count == 0 || (i / (double)Rate) - peaks[^1] > 0.05))
                peaks.Add((double)i / Rate);
        }

        return peaks;
    }

    private static float[] Energies(float[] spectrum, double[] edges, double hertz)
    {
        var energies = new float[Bands];
        for (var b = 0; b < Bands; b++)
        {
            var (from, to) = ((int)(edges[b] / hertz), Math.Min(spectrum.Length, (int)Math.Ceiling(edges[b + 1] / hertz)));
            var sum = 0f;
            for (var i = from; i < to; i++)
                sum += spectrum[i] * spectrum[i];
            energies[b] = MathF.Log(1 + (3000 * MathF.Sqrt(sum)));
        }

        return energies;
    }

    private static float[] Levelled(float[] x)
    {
        const int Half = Rate / 4;
        var levelled = new float[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var (from, to) = (Math.Max(0, i - Half), Math.Min(x.Length, i + Half + 1));
            var sum = 0f;
            for (var j = from; j < to; j++)
                sum += x[j];
            levelled[i] = Math.Max(0, x[i] - (sum / (to - from)));
        }

        return levelled;
    }
}
