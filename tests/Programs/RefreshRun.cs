using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs;

/// <summary>
/// Many sessions, rounds of parallel refreshes, a fifth of the answers lost, servers killed in between: nobody may be
/// signed out; and whoever presents a spent token must be found, and the session dead on every node within a second.
/// </summary>
/// <remarks>
/// A lost answer is one that arrived and is thrown away, so a round ends when each of its requests has been answered or
/// dropped. What a killed server had in hand counts as dropped.
/// </remarks>
internal static class RefreshRun
{
    private const int SessionsOfAnAccount = 50;
    private const int AtOnce = 48;

    public static Command Command()
    {
        var sessions = new Option<int>("--sessions") { DefaultValueFactory = _ => 10_000, Description = "How many sessions." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "Rounds of parallel refreshes of each session." };
        var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 2, Description = "How often a server is killed in each round." };
        var redis = new Option<string>("--redis") { DefaultValueFactory = _ => "garnet", Description = "garnet (one node) or redis-server (two nodes)." };
        var replays = new Option<int>("--replays") { DefaultValueFactory = _ => 600, Description = "Sessions on which spent tokens are presented at the end." };
        var hurry = new Option<bool>("--no-waits") { Description = "Present only what needs no waiting: grandparents." };
        redis.AcceptOnlyFromAmong("garnet", "redis-server");
        var command = new Command("refresh", "Parallel refreshes, lost answers, killed servers: no wrongful sign-out, every replay found.")
        {
            sessions, rounds, kills, redis, replays, hurry,
        };
        command.SetAction(r => RunAsync(
            r.GetValue(sessions), r.GetValue(rounds), r.GetValue(kills), r.GetValue(redis)!, r.GetValue(replays), waits: !r.GetValue(hurry)));
        return command;
    }

    private static async Task<int> RunAsync(int count, int rounds, int kills, string redis, int replays, bool waits)
    {
        await using var cluster = await Cluster.StartAsync(redis);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 512 }) { Timeout = TimeSpan.FromSeconds(20) };
        Say($"{cluster.Nodes.Count} node(s) on {redis}");

        var start = Stopwatch.GetTimestamp();
        var sessions = await OpenAsync(cluster, http, count);
        Say($"{sessions.Count} sessions opened in {Seconds(start)}");

        var tally = new Tally();
        for (var round = 1; round <= rounds; round++)
        {
            start = Stopwatch.GetTimestamp();
            using var over = new CancellationTokenSource();
            var killer = KillAsync(cluster, kills, over.Token);
            await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (s, _) => await RoundAsync(cluster, s, tally));
            await over.CancelAsync();
            var killed = await killer;
            Say($"round {round}: {tally.Answered:N0} answered, {tally.Dropped:N0} dropped, {tally.Unanswered:N0} unanswered so far; {killed} kills; {tally.SignedOut} signed out ({Seconds(start)})");
        }

        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (s, _) =>
        {
            await RoundAsync(cluster, s, tally, exact: 1, keep: true);
            if (await s.IsSignedInAsync(cluster.Any().Address) != true)
                tally.SignOut();
        });
        Say($"wrongful sign-outs: {tally.SignedOut}; racers with different successors: {tally.Forked}; answers other than 200, 401 and 503: {tally.Broken}");

        var missed = await RefreshReplays.RunAsync(cluster, [.. sessions.Take(replays)], waits);
        return tally.SignedOut + tally.Forked + tally.Broken + missed == 0 ? 0 : 1;
    }

    private static async Task<List<SessionClient>> OpenAsync(Cluster cluster, HttpClient http, int count)
    {
        var sessions = new ConcurrentBag<SessionClient>();
        var accounts = (count + SessionsOfAnAccount - 1) / SessionsOfAnAccount;
        await Parallel.ForAsync(0, accounts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (account, ct) =>
        {
            using var owner = await Account.RegisterAsync(cluster.Nodes[0].Address);
            for (var i = account * SessionsOfAnAccount; i < Math.Min(count, (account + 1) * SessionsOfAnAccount); i++)
            {
                var session = new SessionClient(http, $"198.{18 + (i / 62_500)}.{i / 250 % 250}.{(i % 250) + 1}");
                await session.LoginAsync(cluster.Any().Address, owner.Email, owner.Password);
                sessions.Add(session);
            }
        });
        return [.. sessions];
    }

    /// <summary>One token presented by 2 to 20 tabs at once, all nodes among them; whoever gets an answer shares it.</summary>
    private static async Task RoundAsync(Cluster cluster, SessionClient session, Tally tally, int? exact = null, bool keep = false)
    {
        while (true)
        {
            var tabs = exact ?? Random.Shared.Next(2, 21);
            var token = session.Refresh;
            var answers = await Task.WhenAll(Enumerable.Range(0, tabs).Select(_ => session.PresentAsync(cluster.Any().Address, token)));

            var kept = answers.Where(a => keep || Random.Shared.Next(5) != 0).ToList();
            tally.Count(answers, kept);
            if (kept.FirstOrDefault(a => a.Status == HttpStatusCode.OK) is { } taken)
            {
                session.Take(taken);
                // Half of the tabs use what they got, which tells the server that it arrived.
                if (Random.Shared.Next(2) == 0 && await session.IsSignedInAsync(cluster.Any().Address) == false)
                    tally.SignOut();
                return;
            }

            // Every answer was lost, or the server was away: the browser still has the old token, and comes back with it.
            if (!keep && answers.Any(a => a.Status == HttpStatusCode.OK) && Random.Shared.Next(2) == 0)
                return;
            if (answers.Any(a => a.Status == HttpStatusCode.Unauthorized))
                return; // counted as signed out
            await Task.Delay(answers.All(a => a.Status is null) ? Random.Shared.Next(300, 900) : Random.Shared.Next(50, 250));
        }
    }

    /// <summary>Kills servers at moments of its own: a node, or the Redis that the nodes share.</summary>
    private static async Task<int> KillAsync(Cluster cluster, int kills, CancellationToken over)
    {
        var killed = 0;
        try
        {
            for (; killed < kills; killed++)
            {
                await Task.Delay(Random.Shared.Next(300, killed == 0 ? 1_500 : 4_000), over); // the first before a short round is over
                if (cluster.HasRedisServer && killed % 2 == 1)
                {
                    await cluster.RestartRedisAsync();
                    continue;
                }

                var node = cluster.Any();
                await node.KillAsync();
                await node.StartAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The round was over first.
        }

        return killed;
    }

    private static string Seconds(long start) => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class Tally
    {
        private long _answered;
        private long _dropped;
        private long _unanswered;
        private int _signedOut;
        private int _forked;
        private int _broken;

        public long Answered => _answered;

        public long Dropped => _dropped;

        public long Unanswered => _unanswered;

        public int SignedOut => _signedOut;

        public int Forked => _forked;

        public int Broken => _broken;

        public void SignOut() => Interlocked.Increment(ref _signedOut);

        public void Count(RefreshAnswer[] all, List<RefreshAnswer> kept)
        {
            Interlocked.Add(ref _answered, all.Count(a => a.Status is not null));
            Interlocked.Add(ref _unanswered, all.Count(a => a.Status is null));
            Interlocked.Add(ref _dropped, all.Count(a => a.Status is not null) - kept.Count(a => a.Status is not null));
            if (all.Any(a => a.Status == HttpStatusCode.Unauthorized))
                SignOut();
            if (all.Any(a => a.Status is not (null or HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.ServiceUnavailable)))
                Interlocked.Increment(ref _broken);
            if (all.Where(a => a.Status == HttpStatusCode.OK).Select(a => a.Refresh).Distinct(StringComparer.Ordinal).Count() > 1)
                Interlocked.Increment(ref _forked);
        }
    }
}
