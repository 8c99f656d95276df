using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace MusicGen.Programs.Proxies;

/// <summary>Random chains of proxies' headers, over the topologies of the guide, through the server's own middleware.</summary>
internal static class ProxyChainsRun
{
    public static Command Command()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 1_000_000, Description = "How many requests." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Where the random numbers begin." };
        var command = new Command("proxy-chains", "Random headers of proxies: the client's address and scheme must be the true ones.") { count, seed };
        command.SetAction(async result =>
        {
            var start = Stopwatch.GetTimestamp();
            var faults = await ProxyJudge.FaultsAsync(result.GetValue(count), result.GetValue(seed));
            foreach (var fault in faults.Take(20))
                Console.WriteLine(fault);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.GetValue(count):N0} chains over {ProxyTopology.All.Count} topologies in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {(faults.Count < 100 ? faults.Count : "100 or more")} wrong"));
            return faults.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
