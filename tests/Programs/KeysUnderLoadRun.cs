using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace MusicGen.Programs;

/// <summary>
/// Keys rotated and at last revoked while clients sign in, refresh and send requests on every node: no token may fail
/// that is alive, no key may sign before every node has announced it, and a revoked key's tokens end everywhere.
/// </summary>
internal static class KeysUnderLoadRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static Command Command()
    {
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 16, Description = "Sessions at work at once." };
        var rotations = new Option<int>("--rotations") { DefaultValueFactory = _ => 3, Description = "How often the keys are rotated; each new key signs two minutes later." };
        var apart = new Option<int>("--apart") { DefaultValueFactory = _ => 20, Description = "Seconds between two rotations." };
        var redis = new Option<string>("--redis") { DefaultValueFactory = _ => "redis-server", Description = "garnet (one node) or redis-server (two nodes)." };
        var within = new Option<int>("--within") { DefaultValueFactory = _ => 7, Description = "Seconds in which a revoked key's tokens must end everywhere; nodes look every 5." };
        redis.AcceptOnlyFromAmong("garnet", "redis-server");
        var command = new Command("keys-under-load", "keys rotate and keys revoke under load: no failed verification.") { clients, rotations, apart, redis, within };
        command.SetAction(r => RunAsync(
            r.GetValue(clients), r.GetValue(rotations), TimeSpan.FromSeconds(r.GetValue(apart)), TimeSpan.FromSeconds(r.GetValue(within)), r.GetValue(redis)!));
        return command;
    }

    private static async Task<int> RunAsync(int clients, int rotations, TimeSpan apart, TimeSpan within, string redis)
    {
        await using var cluster = await Cluster.StartAsync(redis, ("RATE_LIMIT_LOGIN_MINUTE", "1000000"));
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(20) };
        using var account = await Account.RegisterAsync(cluster.Nodes[0].Address);
        var seen = new KeySightings();
        using var over = new CancellationTokenSource();
        var watchers = cluster.Nodes.Select(node => seen.WatchAsync(http, node.Address, over.Token)).ToList();
        var workers = Enumerable.Range(0, clients).Select(i => WorkAsync(cluster, http, account, i, seen, over.Token)).ToList();

        for (var i = 0; i < rotations; i++)
        {
            await Task.Delay(apart);
            await cluster.Nodes[i % cluster.Nodes.Count].RunAsync("keys", "rotate");
            Say($"rotation {i + 1}: {seen.Verified:N0} verifications so far, {seen.Failed} failed");
        }

        var start = Stopwatch.GetTimestamp();
        while (seen.Signers.Count <= rotations && Stopwatch.GetElapsedTime(start) < Patience)
            await Task.Delay(200);
        await Task.Delay(apart);
        await over.CancelAsync();
        await Task.WhenAll([.. watchers, .. workers]);

        var notice = seen.ShortestNotice(cluster.Nodes.Count);
        Say($"{seen.Signers.Count} keys signed on {cluster.Nodes.Count} node(s) with {redis}; {seen.Verified:N0} verifications, {seen.Logins:N0} of them of new sessions");
        Say($"failed verifications: {seen.Failed}");
        if (rotations > 0)
            Say($"shortest time from every node's announcement to a first signature: {notice.TotalSeconds:0} s");
        var revocation = await RevokeAsync(cluster, http, account, within);
        return seen.Failed == 0 && seen.Signers.Count == rotations + 1 && notice > TimeSpan.FromSeconds(60) && revocation ? 0 : 1;
    }

    /// <summary>One client: a session of its own, refreshed over and over; every token must open every node at once, the older ones too.</summary>
    private static async Task WorkAsync(Cluster cluster, HttpClient http, Account account, int number, KeySightings seen, CancellationToken over)
    {
        var older = new Queue<string>();
        var session = new SessionClient(http, $"198.19.1.{number + 1}");
        for (var turn = 0; !over.IsCancellationRequested; turn++)
        {
            var isNew = turn % 100 == 0;
            if (isNew)
            {
                await session.LoginAsync(cluster.Any().Address, account.Email, account.Password);
                older.Clear();
            }
            else
            {
                var answer = await session.PresentAsync(cluster.Any().Address, session.Refresh);
                if (answer.Status != HttpStatusCode.OK)
                    throw new InvalidOperationException($"An honest refresh was answered {answer.Status} {answer.Code}.");
                session.Take(answer);
            }

            seen.Signed(session.Access);
            foreach (var node in cluster.Nodes)
            {
                seen.Count(await session.IsSignedInAsync(node.Address), isNew);
                if (older.TryPeek(out var first))
                    seen.Count(await session.IsSignedInAsync(node.Address, first), isNew: false);
            }

            older.Enqueue(session.Access);
            if (older.Count > 50)
                older.Dequeue();
        }
    }

    /// <summary>The signing key is revoked as an operator does it when it has leaked: its tokens end on all nodes, the sessions go on.</summary>
    private static async Task<bool> RevokeAsync(Cluster cluster, HttpClient http, Account account, TimeSpan within)
    {
        var session = new SessionClient(http, "198.19.2.1");
        await session.LoginAsync(cluster.Any().Address, account.Email, account.Password);
        var stolen = session.Access;
        await cluster.Nodes[0].RunAsync("keys", "revoke", KeySightings.KidOf(stolen));

        var start = Stopwatch.GetTimestamp();
        foreach (var node in cluster.Nodes)
        {
            while (await session.IsSignedInAsync(node.Address, stolen) != false && Stopwatch.GetElapsedTime(start) < Patience)
                await Task.Delay(50);
        }

        var dead = Stopwatch.GetElapsedTime(start);
        session.Take(await session.PresentAsync(cluster.Any().Address, session.Refresh));
        var goesOn = await session.IsSignedInAsync(cluster.Any().Address) == true && KeySightings.KidOf(session.Access) != KeySightings.KidOf(stolen);
        Say($"revoked: its tokens ended on {cluster.Nodes.Count} node(s) within {dead.TotalSeconds:0.0} s; the session goes on by its refresh token: {(goesOn ? "yes" : "NO")}");
        return dead < within && goesOn;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>When each node first announced each key, when each first signed, and how many tokens held.</summary>
    private sealed class KeySightings
    {
        private readonly ConcurrentDictionary<(string Kid, Uri Node), long> _announced = new();
        private readonly ConcurrentDictionary<string, long> _signed = new(StringComparer.Ordinal);
        private long _verified;
        private long _logins;
        private int _failed;

        public ICollection<string> Signers => _signed.Keys;

        public long Verified => _verified;

        public long Logins => _logins;

        public int Failed => _failed;

        public static string KidOf(string token)
        {
            var header = token[..token.IndexOf('.', StringComparison.Ordinal)];
            return JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(header)).RootElement.GetProperty("kid").GetString()!;
        }

        public void Signed(string token) => _signed.TryAdd(KidOf(token), Stopwatch.GetTimestamp());

        public void Count(bool? holds, bool isNew)
        {
            Interlocked.Increment(ref _verified);
            if (isNew)
                Interlocked.Increment(ref _logins);
            if (holds != true)
                Interlocked.Increment(ref _failed);
        }

        /// <summary>The first key had nobody to wait for; of all others, how long every node had announced it when it first signed.</summary>
        public TimeSpan ShortestNotice(int nodes) => _signed.OrderBy(s => s.Value).Skip(1)
            .Select(s => _announced.Where(a => a.Key.Kid == s.Key).Select(a => a.Value).ToList() is var times && times.Count == nodes
                ? Stopwatch.GetElapsedTime(times.Max(), s.Value)
                : TimeSpan.Zero)
            .DefaultIfEmpty(TimeSpan.MaxValue)
            .Min();

        public async Task WatchAsync(HttpClient http, Uri node, CancellationToken over)
        {
            while (!over.IsCancellationRequested)
            {
                using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(node, "/.well-known/jwks.json"), CancellationToken.None));
                foreach (var key in answer.RootElement.GetProperty("keys").EnumerateArray())
                    _announced.TryAdd((key.GetProperty("kid").GetString()!, node), Stopwatch.GetTimestamp());
                await Task.Delay(250, CancellationToken.None);
            }
        }
    }
}
