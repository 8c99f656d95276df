namespace MusicGen.Programs.Capacity;

/// <summary>Requests as people make them: independent of each other, more of them in the evening.</summary>
internal static class SongArrivals
{
    private const double Day = 86_400;
    private const double Hour = 3600;
    private const double Evening = 20 * Hour;

    /// <summary>A day of all tiers, by thinning (Lewis and Shedler 1979).</summary>
    /// <param name="songsPerDay">Of each tier.</param>
    /// <param name="peak">The busiest minute's rate in mean rates, 1 to 2; the rate is a cosine with its top at 20 o'clock.</param>
    /// <param name="work">Seconds of one song alone, from a source of chance.</param>
    /// <param name="seed">The same seed gives the same day.</param>
    public static IEnumerable<SongArrival> OfADay(double[] songsPerDay, double peak, Func<Random, double> work, int seed)
    {
        var random = new Random(seed);
        var total = songsPerDay.Sum();
        if (total <= 0)
            yield break;
        var highest = total / Day * peak;
        for (var at = Exponential(random, 1 / highest); at < Day; at += Exponential(random, 1 / highest))
        {
            var rate = 1 + ((peak - 1) * Math.Cos(2 * Math.PI * (at - Evening) / Day));
            if (random.NextDouble() * peak < rate)
                yield return new SongArrival(at, TierOf(random.NextDouble() * total, songsPerDay), work(random));
        }
    }

    /// <summary>Whether a moment is in the busiest hour.</summary>
    public static bool IsBusiest(double at) => Math.Abs(at - Evening) <= Hour / 2;

    /// <summary>Independent requests of one tier at a steady rate, with works of exponential length: the M/M of the formulas.</summary>
    public static IEnumerable<SongArrival> Steady(int count, double rate, double meanWork, int seed)
    {
        var random = new Random(seed);
        var at = 0.0;
        for (var i = 0; i < count; i++)
        {
            at += Exponential(random, 1 / rate);
            yield return new SongArrival(at, 0, Exponential(random, meanWork));
        }
    }

    /// <summary>Lengths with this mean and relative spread (standard deviation by mean), log-normal.</summary>
    public static Func<Random, double> LogNormal(double mean, double spread)
    {
        var sigma = Math.Sqrt(Math.Log(1 + (spread * spread)));
        var mu = Math.Log(mean) - (sigma * sigma / 2);
        return random => Math.Exp(mu + (sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
    }

    private static double Exponential(Random random, double mean) => -Math.Log(1 - random.NextDouble()) * mean;

    private static int TierOf(double at, double[] songsPerDay)
    {
        var tier = 0;
        while (tier < songsPerDay.Length - 1 && at >= songsPerDay[tier])
            at -= songsPerDay[tier++];
        return tier;
    }
}
