using System.CommandLine;
using System.Diagnostics;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs.Failover;

/// <summary>
/// A primary killed under load while its replica has heard nothing for a moment: who is let in, who is refused, what the
/// moment's writes come to, and how soon all is well, round after round.
/// </summary>
internal static class FailoverRun
{
    public static Command Command()
    {
        var redis = new Option<string>("--redis") { DefaultValueFactory = _ => "sentinel", Description = "sentinel: a primary, its replica, three sentinels. cluster: three primaries, each with a replica." };
        redis.AcceptOnlyFromAmong("sentinel", "cluster");
        var how = new Option<string>("--how") { DefaultValueFactory = _ => "killed", Description = "killed, or silent: it hangs until all is well, and goes on then as if it were the primary." };
        how.AcceptOnlyFromAmong("killed", "silent");
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
        var accounts = new Option<int>("--accounts") { DefaultValueFactory = _ => 8, Description = "People; each has four sessions in a round." };
        var down = new Option<int>("--down-after") { DefaultValueFactory = _ => 2000, Description = "Milliseconds of silence after which the others call a primary lost." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Decides which primary is killed when, and who asks which node." };
        var command = new Command("failover", "A primary of Redis killed under load, with its latest writes: who gets in, what is lost, how soon all is well.") { redis, how, rounds, accounts, down, seed };
        command.SetAction(r => RunAsync(
            r.GetValue(redis)!, r.GetValue(down), new Plan(r.GetValue(how) == "silent", r.GetValue(rounds), r.GetValue(accounts), r.GetValue(seed))));
        return command;
    }

    private static async Task<int> RunAsync(string kind, int down, Plan plan)
    {
        if (kind == "cluster")
        {
            await using var cluster = await RedisCluster.StartAsync(withReplicas: true, timeoutMilliseconds: down);
            return await RunAsync(kind, cluster.Url, cluster.Servers, plan);
        }

        await using var redis = await RedisWithSentinels.StartAsync(downAfterMilliseconds: down);
        await redis.UntilReadyAsync();
        return await RunAsync(kind, redis.Url, redis.Servers, plan);
    }

    private static async Task<int> RunAsync(string kind, string url, IReadOnlyList<RedisProcess> servers, Plan plan)
    {
        var random = new Random(plan.Seed);
        await using var nodes = await Cluster.StartOnAsync(url, ("RATE_LIMIT_LOGIN_MINUTE", "1000000"), ("REDIS_PATIENCE_MS", "70"));
        using var crowd = await FailoverCrowd.GatherAsync(nodes, plan.Accounts);
        var figures = new FailoverFigures();
        for (var round = 1; round <= plan.Rounds; round++)
            await RoundAsync(servers, crowd, figures, random, plan.IsSilent);
        return figures.Tell(plan.IsSilent ? $"{kind}, silent" : kind, plan.Seed);
    }

    private static async Task RoundAsync(IReadOnlyList<RedisProcess> servers, FailoverCrowd crowd, FailoverFigures figures, Random random, bool isSilent)
    {
        await crowd.SignInAsync();
        var (primary, replica) = await PairAsync(servers, random);
        using var over = new CancellationTokenSource();
        var asking = crowd.AskAsync(figures, random.Next(), over.Token);
        await Task.Delay(random.Next(200, 1000));

        // The replica hears nothing from here on, and what was on its way doesn't wait for it either.
        await replica.SignalAsync("STOP");
        await primary.AskAsync("CLIENT", "KILL", "TYPE", "replica");
        await crowd.ActAsync();
        await (isSilent ? primary.SignalAsync("STOP") : primary.KillAsync());
        figures.Begin();
        await replica.SignalAsync("CONT");

        // The sessions of a small crowd may all lie on a cluster's other primaries: well before anybody has missed this one.
        await replica.UntilAsync("role:master", "INFO", "replication");
        await figures.UntilWellAsync();
        if (isSilent)
        {
            await primary.SignalAsync("CONT");
            await Task.Delay(TimeSpan.FromSeconds(3)); // while it takes itself for the primary
        }

        await over.CancelAsync();
        await asking;
        figures.End();
        await crowd.LookAsync(figures);
        if (!isSilent)
            await primary.RestartAsync();
        await primary.UntilAsync("master_link_status:up", "INFO", "replication");
    }

    private static async Task<(RedisProcess Primary, RedisProcess Replica)> PairAsync(IReadOnlyList<RedisProcess> servers, Random random)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1))
        {
            var infos = await Task.WhenAll(servers.Select(async s => (Server: s, Info: (await s.AskAsync("INFO", "replication"))[0])));
            var pairs = infos.Where(p => p.Info.Contains("role:master", StringComparison.Ordinal) && p.Info.Contains("state=online", StringComparison.Ordinal))
                .Select(p => (p.Server, infos.Single(r => r.Info.Contains($"master_port:{p.Server.Port}\r", StringComparison.Ordinal)).Server)).ToList();
            if (pairs.Count == servers.Count / 2)
                return pairs[random.Next(pairs.Count)];
            await Task.Delay(100);
        }

        throw new InvalidOperationException("The servers didn't come together again within a minute.");
    }

    private sealed record Plan(bool IsSilent, int Rounds, int Accounts, int Seed);
}
