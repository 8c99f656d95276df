using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace MusicGen.Programs.Chaos;

/// <summary>
/// A whole service in network namespaces of this machine, under load, while by a seed its parts are killed, stopped, cut off and
/// slowed, one at a time: whether every accepted task ends once with one charge, who is let in and who is not, and how soon all is well.
/// </summary>
internal static class ChaosRun
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadyAgain = TimeSpan.FromMinutes(2);

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Chooses the faults and what the visitors do." };
        var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 30, Description = "How long faults go on." };
        var faults = new Option<int>("--faults") { DefaultValueFactory = _ => int.MaxValue, Description = "At most so many." };
        var visitors = new Option<int>("--visitors") { DefaultValueFactory = _ => 24, Description = "Browsers at once; every two share an account." };
        var apis = new Option<int>("--apis") { DefaultValueFactory = _ => 3, Description = "Nodes for page and API." };
        var workers = new Option<int>("--workers") { DefaultValueFactory = _ => 3, Description = "Nodes that make music." };
        var longest = new Option<double>("--longest") { DefaultValueFactory = _ => 8, Description = "Seconds that a fault lasts at most; kills last for 1 to 2." };
        var keep = new Option<string?>("--keep") { Description = "A folder for logs, database and Redis's record of every write." };
        var command = new Command("chaos", "Kills, stops, cuts and slows the parts of a whole service under load. Needs root, ip, tc, nginx, redis-server and s3rver.")
        {
            seed, minutes, faults, visitors, apis, workers, longest, keep,
        };
        command.SetAction((r, ct) => RunAsync(
            new Plan(r.GetValue(seed), TimeSpan.FromMinutes(r.GetValue(minutes)), r.GetValue(faults), r.GetValue(longest)),
            r.GetValue(visitors), r.GetValue(apis), r.GetValue(workers), r.GetValue(keep), ct));
        return command;
    }

    private static async Task<int> RunAsync(Plan plan, int visitors, int apis, int workers, string? keep, CancellationToken ct)
    {
        if (ChaosService.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 2;
        }

        Lab lab;
        try
        {
            lab = await Lab.OpenAsync();
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        await using (lab)
        {
            var service = await ChaosService.StartAsync(lab, apis, workers);
            Findings.Say($"seed {plan.Seed}: nginx, {apis} API nodes, {workers} workers, redis-server (appendfsync always), s3rver, one SQLite file; {visitors} visitors; {Environment.ProcessorCount} cores; slow disks: {(Disk.Device is null ? "can't be had here" : $"five writes a second to {Disk.Device} (blkio)")}");
            using var crowd = await Crowd.GatherAsync(service, visitors, plan.Seed);
            var log = await BreakAsync(service, crowd, plan, ct);
            await crowd.GoHomeAsync(service);
            if (keep is not null)
                await lab.KeepAsync(keep);
            Tell(log, crowd.Findings);
            return crowd.Findings.Violations == 0 && log.TrueForAll(f => f.Recovery <= Soon) ? 0 : 1;
        }
    }

    private static async Task<List<Outcome>> BreakAsync(ChaosService service, Crowd crowd, Plan plan, CancellationToken ct)
    {
        var (log, findings) = (new List<Outcome>(), crowd.Findings);
        var first = await crowd.Probe.TravelAsync(Stopwatch.GetTimestamp()) ?? throw new InvalidOperationException("No song comes through before the first fault.");
        Findings.Say($"a journey without a fault: {first.TotalSeconds:0.0} s");
        Findings.Say($"| # | at | fault | of | for | journey through | all nodes ready | load |");
        Findings.Say($"|---|---|---|---|---|---|---|---|");
        var (start, random) = (findings.Now, new Random(plan.Seed));
        foreach (var fault in Fault.Schedule(service, random, plan.Longest).Take(plan.Faults))
        {
            var pause = TimeSpan.FromSeconds(2 + (3 * random.NextDouble()));
            if (ct.IsCancellationRequested || findings.Now - start + pause > plan.Length)
                break;
            await Task.Delay(pause, CancellationToken.None);
            log.Add(await SufferAsync(service, crowd, fault, log.Count + 1));
        }

        return log;
    }

    private static async Task<Outcome> SufferAsync(ChaosService service, Crowd crowd, Fault fault, int number)
    {
        var (at, load) = (crowd.Findings.Now, File.ReadAllText("/proc/loadavg").Split(' ')[0]);
        var since = Stopwatch.GetTimestamp();
        await fault.BeginAsync();
        var end = EndAsync(fault);
        if (!fault.CountsFromItsBeginning)
            since = await end;
        var recovery = await crowd.Probe.TravelAsync(since);
        await end;
        var ready = await ChaosService.ReadyAsync(service.Nodes, ReadyAgain) is null ? (TimeSpan?)null : Stopwatch.GetElapsedTime(since);
        if (ready is null)
            crowd.Findings.Violation($"two minutes after fault {number} a node isn't ready");
        Findings.Say($"| {number} | {at:mm\\:ss} | {fault.Kind} | {fault.Target.Name} | {fault.Length.TotalSeconds:0.0} s | {Seconds(recovery)}{(recovery <= Soon ? string.Empty : " LATE")} | {Seconds(ready)} | {load} |");
        return new Outcome(fault.Kind, fault.Target.Name, recovery ?? TimeSpan.MaxValue);
    }

    private static async Task<long> EndAsync(Fault fault)
    {
        await Task.Delay(fault.Length, CancellationToken.None);
        await fault.EndAsync();
        return Stopwatch.GetTimestamp();
    }

    private static void Tell(List<Outcome> log, Findings findings)
    {
        foreach (var kind in log.GroupBy(f => f.Kind, StringComparer.Ordinal))
            Findings.Say($"{kind.Key}: {kind.Count()} times, a journey through after {kind.Average(f => f.Recovery.TotalSeconds):0.0} s on average, {kind.Max(f => f.Recovery.TotalSeconds):0.0} s at the latest");
        foreach (var heading in (string[])["answers", "sessions", "ghosts", "tasks", "failures", "songs", "streams", "ledgers"])
            Findings.Say($"{heading}: {findings.Totals(heading)}");
        Findings.Say($"{log.Count} faults, {log.Count(f => f.Recovery > Soon)} recoveries later than {Soon.TotalSeconds:0} s; violations: {findings.Violations}");
    }

    private static string Seconds(TimeSpan? time) => time is { } some ? string.Create(CultureInfo.InvariantCulture, $"{some.TotalSeconds:0.0} s") : "never";

    private sealed record Plan(int Seed, TimeSpan Length, int Faults, double Longest);

    private sealed record Outcome(string Kind, string Target, TimeSpan Recovery);
}
