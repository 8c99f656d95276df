namespace MusicGen.Programs;

/// <summary>
/// Whether two samples come from one distribution (Mann and Whitney, "On a test of whether one of two random variables is
/// stochastically larger than the other", 1947), by the normal approximation with correction for ties and continuity.
/// </summary>
internal static class MannWhitney
{
    /// <returns>The two-sided probability of a difference as large by chance alone.</returns>
    public static double Probability(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var all = first.Select(v => (Value: v, IsFirst: true)).Concat(second.Select(v => (Value: v, IsFirst: false))).OrderBy(p => p.Value).ToArray();
        var (rankSum, ties) = (0.0, 0.0);
        for (var i = 0; i < all.Length;)
        {
            var end = i;
            while (end < all.Length && all[end].Value.Equals(all[i].Value))
                end++;
            var (tied, rank) = (end - i, (i + 1 + end) / 2.0);
            for (; i < end; i++)
                rankSum += all[i].IsFirst ? rank : 0;
            ties += ((double)tied * tied * tied) - tied;
        }

        double n1 = first.Count, n2 = second.Count, n = n1 + n2;
        var u = rankSum - (n1 * (n1 + 1) / 2);
        var deviation = Math.Sqrt(n1 * n2 / 12 * (n + 1 - (ties / (n * (n - 1)))));
        if (deviation == 0)
            return 1;
        var z = Math.Max(0, Math.Abs(u - (n1 * n2 / 2)) - 0.5) / deviation;
        return Erfc(z / Math.Sqrt(2));
    }

    /// <summary>The complementary error function for x ≥ 0, within 1.5e-7 (Abramowitz and Stegun, 7.1.26).</summary>
    private static double Erfc(double x)
    {
        var t = 1 / (1 + (0.3275911 * x));
        var polynomial = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
        return polynomial * Math.Exp(-x * x);
    }
}
