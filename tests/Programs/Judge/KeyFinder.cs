namespace MusicGen.Programs.Judge;

/// <summary>
/// The key by the profiles of Krumhansl and Kessler ("Tracing the dynamic changes in perceived tonal organization",
/// 1982) on the chroma of the whole sound.
/// </summary>
internal static class KeyFinder
{
    private static readonly double[] Major = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
    private static readonly double[] Minor = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

    /// <summary>The key whose profile fits best.</summary>
    public static FoundKey Find(float[][] chroma)
    {
        var whole = new double[12];
        foreach (var frame in chroma)
        {
            for (var p = 0; p < 12; p++)
                whole[p] += frame[p];
        }

        var all = Enumerable.Range(0, 24).Select(k => new FoundKey(k % 12, k >= 12, Fit(whole, k >= 12 ? Minor : Major, k % 12))).ToList();
        return all.MaxBy(k => k.Fit)!;
    }

    /// <summary>How well the best major key fits above the best minor key on the same tonic or its relative: above 0 sounds major.</summary>
    public static double Majorness(float[][] chroma)
    {
        var whole = new double[12];
        foreach (var frame in chroma)
        {
            for (var p = 0; p < 12; p++)
                whole[p] += frame[p];
        }

        return Enumerable.Range(0, 12).Max(t => Fit(whole, Major, t)) - Enumerable.Range(0, 12).Max(t => Fit(whole, Minor, t));
    }

    /// <summary>Energy of the twelve pitch classes, [frames][12], about eleven frames a second, each scaled to sum 1 at most.</summary>
    public static float[][] Chroma(Sound sound)
    {
        var size = sound.Rate > 30000 ? 16384 : 8192;
        var spectra = Fourier.Spectra(sound.Mono(), size, size / 4);
        var hertz = sound.Rate / (double)size;
        var from = (int)(45 / hertz);
        var to = (int)(1600 / hertz);
        return [.. spectra.Select(s => Fold(s, from, to, hertz))];
    }

    private static float[] Fold(float[] spectrum, int from, int to, double hertz)
    {
        var chroma = new float[12];
        for (var i = from; i < to; i++)
        {
            // Only peaks, at their interpolated place: what lies between tones is noise.
            if (spectrum[i] <= spectrum[i - 1] || spectrum[i] < spectrum[i + 1] || spectrum[i] < 1e-5f)
                continue;
            var (a, b, c) = (Math.Log(spectrum[i - 1] + 1e-9), Math.Log(spectrum[i]), Math.Log(spectrum[i + 1] + 1e-9));
            var place = i + (0.5 * (a - c) / (a - (2 * b) + c - 1e-12));
            // A peak may be an overtone: it speaks for the tones below it too, each less (Gómez, "Tonal description of
            // polyphonic audio for music content processing", 2006). Otherwise every root would sound like its fifth.
            for (var (h, part) = (1, 1.0); h <= 6; h++, part *= 0.7)
            {
                var pitch = 69 + (12 * Math.Log2(place * hertz / h / 440));
                var nearest = Math.Round(pitch);
                var weight = part * Math.Exp(-Math.Pow((pitch - nearest) / 0.3, 2)) * Math.Pow(spectrum[i], 0.7);
                chroma[(((int)nearest % 12) + 12) % 12] += (float)weight;
            }
        }

        return chroma;
    }

    private static double Fit(double[] chroma, double[] profile, int tonic)
    {
        var (cm, pm) = (chroma.Average(), profile.Average());
        var (cp, cc, pp) = (0.0, 0.0, 0.0);
        for (var i = 0; i < 12; i++)
        {
            var (c, p) = (chroma[(i + tonic) % 12] - cm, profile[i] - pm);
            cp += c * p;
            cc += c * c;
            pp += p * p;
        }

        return cp / Math.Sqrt((cc * pp) + 1e-18);
    }
}

/// <summary>A key and how well its profile fits, -1 to 1.</summary>
internal sealed record FoundKey(int Tonic, bool IsMinor, double Fit)
{
    private static readonly string[] Names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

    public bool Is(int tonic, bool isMinor) => Tonic == tonic && IsMinor == isMinor;

    /// <summary>The key itself, its relative, or a fifth up or down.</summary>
    public bool IsNear(int tonic, bool isMinor)
    {
        var apart = (Tonic - tonic + 12) % 12;
        return IsMinor == isMinor ? apart is 0 or 5 or 7 : isMinor ? apart == 3 : apart == 9;
    }

    public override string ToString() => $"{Names[Tonic]} {(IsMinor ? "minor" : "major")}";
}
