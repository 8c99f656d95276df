using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// GET /api/auth/session on one node and on two of one service, with one redis-server: answers a second, and what each process spends
/// on one. Each node may be held to a part of a core, so that the nodes are what ends first where few cores are shared by all.
/// </summary>
internal static class TwoNodesRun
{
    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5, Description = "How long each turn lasts." };
        var turns = new Option<int>("--turns") { DefaultValueFactory = _ => 7, Description = "Turns of each." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 32, Description = "Requests under way at once, each of a session of its own." };
        var warmUp = new Option<double>("--warm-up") { DefaultValueFactory = _ => 20, Description = "Seconds of each before the first turn." };
        var share = new Option<double>("--share") { DefaultValueFactory = _ => 0, Description = "Of one core, for each node; 0: as much as it gets. Needs root." };
        var command = new Command("two-nodes", "Signed-in requests a second of one node and of two on one redis-server, and processor time for each.") { seconds, turns, clients, warmUp, share };
        command.SetAction(r => RunAsync(
            TimeSpan.FromSeconds(r.GetValue(seconds)), r.GetValue(turns), r.GetValue(clients), TimeSpan.FromSeconds(r.GetValue(warmUp)), r.GetValue(share)));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan length, int turns, int clients, TimeSpan warmUp, double share)
    {
        if (share > 0 && !ProcessorShare.CanBeGiven)
        {
            await Console.Error.WriteLineAsync("Shares of a core can't be given here: it takes root and control groups of version 1. Leave --share out.");
            return 2;
        }

        var shared = Directory.CreateTempSubdirectory("musicgen-shared-").FullName;
        await using var redis = await RedisProcess.StartAloneAsync("everysec"); // as deploy/compose.yaml has it
        var variables = EdgeCostRun.Production(redis);
        variables["NODE_ROLE"] = "api";
        variables["DATABASE_URL"] = $"Data Source={Path.Combine(shared, "shared.db")}";
        await using var first = new OwnServer(variables);
        await using var second = new OwnServer(variables);
        await first.StartAsync();
        await second.StartAsync();
        var headers = new List<(string, string)[]>();
        for (var i = 0; i < clients; i++)
            headers.Add(await EdgeCostRun.SignedInAsync(first.Address, i));

        using var one = new Pair(headers, first.Address, first.Address);
        using var two = new Pair(headers, first.Address, second.Address);
        two.Run(warmUp);
        one.Run(warmUp);
        var shares = share > 0 ? new[] { first, second }.Select(n => ProcessorShare.Give(n.ProcessId, share)).ToList() : [];
        using var firstProcess = Process.GetProcessById(first.ProcessId);
        using var secondProcess = Process.GetProcessById(second.ProcessId);
        Func<TimeSpan[]> times = () => [TimeOf(firstProcess) + TimeOf(secondProcess), redis.ProcessorTime, TimeOf(Process.GetCurrentProcess())];
        var (ofOne, ofTwo) = (new List<Turn>(), new List<Turn>());
        for (var turn = 0; turn < turns; turn++)
        {
            Action[] pair = [() => ofOne.Add(Turn.Of(one, length, times)), () => ofTwo.Add(Turn.Of(two, length, times))];
            foreach (var run in turn % 2 == 0 ? pair : [.. pair.Reverse()])
                run();
        }

        Tell(ofOne, ofTwo, clients, length, share);
        await first.KillAsync();
        await second.KillAsync();
        shares.ForEach(s => s.Dispose());
        Directory.Delete(shared, recursive: true);
        return 0;
    }

    private static void Tell(List<Turn> ofOne, List<Turn> ofTwo, int clients, TimeSpan length, double share)
    {
        var held = share > 0 ? $"each node held to {share:0.00} of a core" : "no process held";
        Say($"GET /api/auth/session, signed in, Production, one redis-server; {clients} clients, {ofOne.Count} turns of {length.TotalSeconds:0.#} s by turns; {held}; {Environment.ProcessorCount} cores for all, load {File.ReadAllText("/proc/loadavg").Trim()}");
        foreach (var (name, list) in new[] { ("one node", ofOne), ("two nodes", ofTwo) })
            Say($"{name,-10} {Median(list, t => t.Rate),7:0} a second ({list.Min(t => t.Rate):0} to {list.Max(t => t.Rate):0}); processor time for each: nodes {Median(list, t => t.Costs[0]):0.0} µs, redis {Median(list, t => t.Costs[1]):0.0} µs, clients {Median(list, t => t.Costs[2]):0.0} µs; cores used: nodes {Median(list, t => t.CoresOf(0)):0.00}, redis {Median(list, t => t.CoresOf(1)):0.00}, clients {Median(list, t => t.CoresOf(2)):0.00}");
        Say($"two nodes to one: {Median(ofTwo, t => t.Rate) / Median(ofOne, t => t.Rate):0.00} times");
        var (node, store) = (Median(ofTwo, t => t.Costs[0]), Median(ofTwo, t => t.Costs[1]));
        Say($"by processor time, with a core for each process: one node {1e6 / node:0} a second, two {Math.Min(2e6 / node, 1e6 / store):0}, which is {Math.Min(2, node / store):0.00} times; one redis-server is enough for {node / store:0.0} such nodes");
    }

    private static TimeSpan TimeOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static double Median(List<Turn> turns, Func<Turn, double> of) => turns.Select(of).Order().ToList()[turns.Count / 2];

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>The clients in two halves, each with a thread of its own, whether they ask one node or two.</summary>
    private sealed class Pair(List<(string, string)[]> headers, Uri left, Uri right) : IDisposable
    {
        private readonly KeepAliveLoad[] _halves = [.. new[] { left, right }.Select((node, half) =>
            new KeepAliveLoad(node, BareEndpoint.Path, headers.Where((_, i) => i % 2 == half), "{\"authenticated\":true"u8.ToArray()))];

        /// <returns>Answers a second.</returns>
        public double Run(TimeSpan length)
        {
            var rates = new double[_halves.Length];
            var threads = _halves.Select((half, i) => new Thread(() => rates[i] = half.Run(length))).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            return rates.Sum();
        }

        public void Dispose()
        {
            foreach (var half in _halves)
                half.Dispose();
        }
    }

    /// <param name="Rate">Answers a second.</param>
    /// <param name="Costs">Processor time for each answer: nodes, redis, clients, in µs.</param>
    private sealed record Turn(double Rate, double[] Costs)
    {
        public static Turn Of(Pair load, TimeSpan length, Func<TimeSpan[]> times)
        {
            var before = times();
            var rate = load.Run(length);
            return new Turn(rate, [.. times().Zip(before, (a, b) => (a - b).TotalMicroseconds / (rate * length.TotalSeconds))]);
        }

        public double CoresOf(int process) => Rate * Costs[process] / 1e6;
    }
}
