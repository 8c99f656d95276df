using MusicGen.Programs.Capacity;

namespace MusicGen.Unit.Programs.Capacity;

/// <summary>The simulated queue waits as the formulas of queueing theory say, where there are any.</summary>
public sealed class QueueSimulationTests
{
    private const int Songs = 400_000;

    // Erlang's delay formula; the mean wait of M/M/c is C(c, a) / (c·μ − λ).
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(1, 0.8)]
    [InlineData(4, 0.7)]
    [InlineData(20, 0.9)]
    public void Nodes_with_one_worker_wait_as_M_M_c(int servers, double load)
    {
        const double work = 3;
        var rate = servers * load / work;

        var served = new QueueSimulation(servers, [1], [1]).Run(SongArrivals.Steady(Songs, rate, work, seed: 7));

        var delayed = ErlangC(servers, rate * work);
        Close(delayed, served.Count(s => s.Waited > 0) / (double)Songs);
        Close(delayed / ((servers / work) - rate), served.Average(s => s.Waited));
    }

    // Songs that share c cores are born and die as in M/M/c, so their mean time is the same although none waits.
    [Theory]
    [InlineData(2, 0.7)]
    [InlineData(8, 0.8)]
    public void Songs_that_share_a_nodes_cores_take_as_long_as_in_M_M_c(int cores, double load)
    {
        const double work = 2;
        var rate = cores * load / work;

        var served = new QueueSimulation(1, [10_000], [.. Enumerable.Range(1, cores).Select(n => (double)n)]).Run(SongArrivals.Steady(Songs, rate, work, seed: 11));

        Assert.All(served, s => Assert.Equal(0, s.Waited));
        Close(work + (ErlangC(cores, rate * work) / ((cores / work) - rate)), served.Average(s => s.Took));
    }

    // M/D/1: half of M/M/1's wait (Pollaczek and Khinchine).
    [Fact]
    public void Songs_of_one_length_wait_half_as_long()
    {
        var arrivals = SongArrivals.Steady(Songs, 0.8, 1, seed: 3).Select(a => a with { Work = 1 });

        var served = new QueueSimulation(1, [1], [1]).Run(arrivals);

        Close(0.8 / (2 * (1 - 0.8)), served.Average(s => s.Waited));
    }

    [Fact]
    public void A_tier_waits_for_its_own_workers_only_and_in_its_order()
    {
        SongArrival[] arrivals = [new(0, 0, 10), new(1, 0, 10), new(2, 0, 1), new(3, 1, 4)];

        var served = new QueueSimulation(1, [1, 1], [1, 2]).Run(arrivals);

        Assert.Equal([(1, 0, 4), (0, 0, 10), (0, 9, 19), (0, 18, 19)], served.Select(s => (s.Tier, s.Waited, s.Took)));
    }

    [Fact]
    public void An_idle_worker_notices_a_song_and_a_busy_one_puts_its_own_away_first()
    {
        SongArrival[] arrivals = [new(0, 0, 10), new(1, 0, 10), new(30, 0, 1)];

        var served = new QueueSimulation(1, [1], [1]) { Pickup = () => 2, Between = () => 3 }.Run(arrivals);

        Assert.Equal([(2, 12), (14, 24), (2, 3)], served.Select(s => (s.Waited, s.Took)));
    }

    [Fact]
    public void A_full_line_refuses()
    {
        var arrivals = Enumerable.Range(0, 10).Select(i => new SongArrival(i * 0.001, 0, 5));

        Assert.Equal(4, new QueueSimulation(1, [1], [1]) { MaxWaiting = 3 }.Run(arrivals).Count);
    }

    [Fact]
    public void A_day_has_as_many_songs_of_each_tier_as_asked_for_and_most_in_the_evening()
    {
        double[] perDay = [90_000, 9_000, 1_000];

        var day = SongArrivals.OfADay(perDay, 1.8, SongArrivals.LogNormal(2, 0.5), seed: 5).ToList();

        Assert.All(perDay.Index(), t => Assert.Equal(t.Item, day.Count(a => a.Tier == t.Index), 4 * Math.Sqrt(t.Item)));
        Close(2, day.Average(a => a.Work));
        Assert.Equal(20, day.CountBy(a => (int)(a.At / 3600)).MaxBy(h => h.Value).Key, 1.0);
        Close(1.8, day.Count(a => SongArrivals.IsBusiest(a.At)) / 3600.0 / (100_000 / 86_400.0));
    }

    private static double ErlangC(int servers, double offered)
    {
        var (term, sum) = (1.0, 1.0);
        for (var n = 1; n < servers; n++)
            sum += term *= offered / n;
        var last = term * offered / servers * servers / (servers - offered);
        return last / (sum + last);
    }

    // The runs are long, and neighbours in a queue are alike: what is left of chance is below 4 %.
    private static void Close(double expected, double got) => Assert.True(Math.Abs(got - expected) <= 0.04 * expected, $"{got} instead of {expected}");
}
