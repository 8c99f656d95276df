using System.CommandLine;
using System.Globalization;

namespace MusicGen.Programs.Capacity;

/// <summary>How many nodes a number of users needs, so that songs of each tier wait no longer than wanted.</summary>
internal static class CapacityRun
{
    private static readonly string[] Tiers = ["free", "premium", "enterprise"];

    public static Command Command()
    {
        var users = new Option<double[]>("--users") { DefaultValueFactory = _ => [10_000, 100_000, 1_000_000], AllowMultipleArgumentsPerToken = true, Description = "Users a day." };
        var songs = new Option<double>("--songs") { DefaultValueFactory = _ => 2, Description = "Songs that a user asks for in a day." };
        var shares = new Option<double[]>("--shares") { DefaultValueFactory = _ => [90, 9, 1], AllowMultipleArgumentsPerToken = true, Description = "Users of free, premium, enterprise." };
        var peak = new Option<double>("--peak") { DefaultValueFactory = _ => 1.8, Description = "The busiest minute's rate in mean rates." };
        var work = new Option<double>("--work") { DefaultValueFactory = _ => 0.45, Description = "Seconds that a song takes alone, on average." };
        var spread = new Option<double>("--spread") { DefaultValueFactory = _ => 0.25, Description = "Standard deviation of these, in means." };
        var throughput = new Option<double[]>("--throughput") { DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true, Description = "What a node makes with 1, 2, 3 … songs at once, in songs made alone." };
        var workers = new Option<int[]>("--workers") { DefaultValueFactory = _ => [1, 1, 2], AllowMultipleArgumentsPerToken = true, Description = "QUEUE_FREE_WORKERS, _PREMIUM_WORKERS, _ENTERPRISE_WORKERS of each node." };
        var wanted = new Option<double[]>("--wait") { DefaultValueFactory = _ => [30, 5, 2], AllowMultipleArgumentsPerToken = true, Description = "Seconds that 95 % of free, premium, enterprise songs of the busiest hour wait at most." };
        var pickup = new Option<double>("--pickup") { DefaultValueFactory = _ => 0.03, Description = "Seconds until an idle worker starts a song." };
        var between = new Option<double>("--between") { DefaultValueFactory = _ => 0.07, Description = "Seconds that a worker needs between two songs." };
        var waiting = new Option<int>("--max-waiting") { DefaultValueFactory = _ => 500, Description = "QUEUE_MAX_WAITING; a plan refuses nobody." };
        var command = new Command("capacity", "How many nodes an arrival rate needs, by simulating the queue.") { users, songs, shares, peak, work, spread, throughput, workers, pickup, between, wanted, waiting };
        command.SetAction(result =>
        {
            var parts = result.GetValue(shares)!;
            Console.WriteLine("| users a day | songs a day | nodes | waited, median and 95 %: free | premium | enterprise | until the song is there, 95 %: free | premium | enterprise |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
            foreach (var count in result.GetValue(users)!)
            {
                var perDay = parts.Select(p => count * result.GetValue(songs) * p / parts.Sum()).ToArray();
                var day = SongArrivals.OfADay(perDay, result.GetValue(peak), SongArrivals.LogNormal(result.GetValue(work), result.GetValue(spread)), seed: 1).ToList();
                var plan = new Plan(day, result.GetValue(throughput)!, result.GetValue(workers)!, result.GetValue(waiting), result.GetValue(pickup), result.GetValue(between), result.GetValue(wanted)!);
                Print(count, day.Count, plan.Smallest());
            }
        });
        command.Subcommands.Add(QueueMeasurement.Command());
        return command;
    }

    private static void Print(double users, int songs, (int Nodes, IReadOnlyList<ServedSong> Songs) found)
    {
        var byTier = Tiers.Select((_, tier) => found.Songs.Where(s => s.Tier == tier).ToList()).ToList();
        var waits = byTier.Select(t => string.Create(CultureInfo.InvariantCulture, $"{Quantile.Of(t.Select(s => s.Waited), 0.5):0.0} s, {Quantile.Of(t.Select(s => s.Waited), 0.95):0.0} s"));
        var took = byTier.Select(t => string.Create(CultureInfo.InvariantCulture, $"{Quantile.Of(t.Select(s => s.Took), 0.95):0.0} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {users:N0} | {songs:N0} | {found.Nodes} | {string.Join(" | ", waits)} | {string.Join(" | ", took)} |"));
    }

    private sealed record Plan(List<SongArrival> Day, double[] Throughput, int[] Workers, int MaxWaiting, double Pickup, double Between, double[] Wanted)
    {
        public (int Nodes, IReadOnlyList<ServedSong> Songs) Smallest()
        {
            var (below, enough) = (0, 1);
            IReadOnlyList<ServedSong> songs;
            while (!Suffices(enough, out songs))
                (below, enough) = (enough, enough * 2);
            while (enough - below > 1)
            {
                var middle = (below + enough) / 2;
                if (Suffices(middle, out var fewer))
                    (enough, songs) = (middle, fewer);
                else
                    below = middle;
            }

            return (enough, songs);
        }

        private bool Suffices(int nodes, out IReadOnlyList<ServedSong> songs)
        {
            var served = new QueueSimulation(nodes, Workers, Throughput) { MaxWaiting = MaxWaiting, Pickup = () => Pickup, Between = _ => Between }.Run(Day);
            // In the mean over a day hardly anybody waits: what counts is the hour when most ask.
            songs = [.. served.Where(s => SongArrivals.IsBusiest(s.At))];
            return served.Count == Day.Count && songs.GroupBy(s => s.Tier).All(t => Quantile.Of(t.Select(s => s.Waited), 0.95) <= Wanted[t.Key]);
        }
    }
}
