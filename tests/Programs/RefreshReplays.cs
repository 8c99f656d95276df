using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs;

/// <summary>Thieves: spent refresh tokens presented again, in each of the ways that must end a session everywhere.</summary>
internal static class RefreshReplays
{
    private static readonly TimeSpan Tabs = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(61);
    private static readonly TimeSpan DeadWithin = TimeSpan.FromSeconds(1);

    /// <param name="cluster">Where.</param>
    /// <param name="sessions">Each is ended by one replay.</param>
    /// <param name="waits">Whether to wait the half minute and the minute after which a predecessor is nobody's tab and a lost token nobody's.</param>
    /// <returns>How many replays were missed, or left a session alive for longer than a second.</returns>
    public static async Task<int> RunAsync(Cluster cluster, IReadOnlyList<SessionClient> sessions, bool waits)
    {
        if (!waits)
            return await TryAsync(cluster, "grandparents", [.. sessions], s => GrandparentAsync(cluster, s));

        var third = sessions.Count / 3;
        var missed = await Task.WhenAll(
            TryAsync(cluster, "grandparents", [.. sessions.Take(third)], s => GrandparentAsync(cluster, s)),
            TryAsync(cluster, "predecessors after 30 s", [.. sessions.Skip(third).Take(third)], s => PredecessorAsync(cluster, s)),
            TryAsync(cluster, "tokens set aside", [.. sessions.Skip(2 * third)], s => SetAsideAsync(cluster, s)));
        return missed.Sum();
    }

    private static async Task<string> GrandparentAsync(Cluster cluster, SessionClient session)
    {
        await ExchangeAsync(cluster, session);
        await ExchangeAsync(cluster, session);
        return session.Spent[^2];
    }

    /// <summary>Exchanged, confirmed by a request with the new access token, and too old to be another tab.</summary>
    private static async Task<string> PredecessorAsync(Cluster cluster, SessionClient session)
    {
        await ExchangeAsync(cluster, session);
        await session.IsSignedInAsync(cluster.Any().Address);
        await Task.Delay(Tabs);
        return session.Spent[^1];
    }

    /// <summary>The answer was lost, nobody asked for a minute, and the next one came instead: the lost one is a thief's.</summary>
    private static async Task<string> SetAsideAsync(Cluster cluster, SessionClient session)
    {
        var lost = await session.PresentAsync(cluster.Any().Address, session.Refresh);
        await Task.Delay(Lost);
        await ExchangeAsync(cluster, session);
        return lost.Refresh!;
    }

    private static async Task ExchangeAsync(Cluster cluster, SessionClient session)
    {
        var answer = await session.PresentAsync(cluster.Any().Address, session.Refresh);
        if (answer.Status != HttpStatusCode.OK)
            throw new InvalidOperationException($"An honest refresh was answered {answer.Status} {answer.Code}.");
        session.Take(answer);
    }

    private static async Task<int> TryAsync(Cluster cluster, string what, SessionClient[] sessions, Func<SessionClient, Task<string>> prepare)
    {
        var missed = 0;
        var slowest = TimeSpan.Zero;
        var prepared = await Task.WhenAll(sessions.Select(async s => (Session: s, Token: await prepare(s))));
        await Parallel.ForEachAsync(prepared, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (pair, _) =>
        {
            var answer = await pair.Session.PresentAsync(cluster.Any().Address, pair.Token);
            var start = Stopwatch.GetTimestamp();
            var dead = answer is { Status: HttpStatusCode.Unauthorized, Code: "auth.refresh_reused" };
            foreach (var node in cluster.Nodes)
            {
                dead &= await pair.Session.IsSignedInAsync(node.Address) == false;
                dead &= (await pair.Session.PresentAsync(node.Address, pair.Session.Refresh)).Status == HttpStatusCode.Unauthorized;
            }

            var took = Stopwatch.GetElapsedTime(start);
            lock (prepared)
            {
                missed += dead && took < DeadWithin ? 0 : 1;
                slowest = took > slowest ? took : slowest;
            }
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what}: {sessions.Length} presented, {missed} missed; session seen dead on {cluster.Nodes.Count} node(s) within {slowest.TotalMilliseconds:0} ms"));
        return missed;
    }
}
