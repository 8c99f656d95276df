using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs;

/// <summary>
/// redis-server killed and started again, and stopped and continued, while clients of living and of ended sessions go on
/// asking two nodes: nobody is let in who must not be, refusals come at once, and all is well soon after.
/// </summary>
internal static class OutageRun
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public static Command Command()
    {
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Kills; and as many times of silence." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 16, Description = "Clients at once; every other one's session has ended." };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 3, Description = "How long each outage lasts." };
        var pause = new Option<int>("--pause") { DefaultValueFactory = _ => 20, Description = "Milliseconds between a client's requests, so that what is measured is the server." };
        var command = new Command("outage", "redis-server killed, and silent, under load: who gets in, how soon refusals come, how soon all is well.") { rounds, clients, seconds, pause };
        command.SetAction(r => RunAsync(
            r.GetValue(rounds), r.GetValue(clients), TimeSpan.FromSeconds(r.GetValue(seconds)), TimeSpan.FromMilliseconds(r.GetValue(pause))));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int clients, TimeSpan length, TimeSpan pause)
    {
        await using var cluster = await Cluster.StartAsync("redis-server", ("RATE_LIMIT_LOGIN_MINUTE", "1000000"), ("REDIS_PATIENCE_MS", "70"));
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(30) };
        using var living = await Account.RegisterAsync(cluster.Nodes[0].Address);
        using var ended = await Account.RegisterAsync(cluster.Nodes[0].Address);
        var sessions = new List<(SessionClient Client, bool Lives)>();
        for (var i = 0; i < clients; i++)
        {
            var (account, client) = (i % 2 == 0 ? living : ended, new SessionClient(http, $"198.19.3.{i + 1}"));
            await client.LoginAsync(cluster.Any().Address, account.Email, account.Password);
            sessions.Add((client, i % 2 == 0));
        }

        await cluster.Nodes[0].RunAsync("users", "end-sessions", ended.Email);
        var seen = new Sightings();
        using var over = new CancellationTokenSource();
        var asking = sessions.Select(s => AskAsync(http, cluster, s.Client, s.Lives, pause, seen, over.Token)).ToList();
        for (var round = 1; round <= rounds; round++)
        {
            await OutageAsync("killed", () => cluster.Redis!.KillAsync(), cluster.RestartRedisAsync, length, seen);
            await OutageAsync("silent", () => cluster.Redis!.SignalAsync("STOP"), () => cluster.Redis!.SignalAsync("CONT"), length, seen);
        }

        await over.CancelAsync();
        await Task.WhenAll(asking);
        return seen.Tell();
    }

    private static async Task OutageAsync(string kind, Func<Task> begin, Func<Task> end, TimeSpan length, Sightings seen)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        seen.Begin(kind);
        await begin();
        await Task.Delay(length);
        await end();
        seen.End();
        var start = Stopwatch.GetTimestamp();
        while (!seen.AllAreWell && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
            await Task.Delay(5);
        seen.Well(kind, Stopwatch.GetElapsedTime(start));
    }

    private static async Task AskAsync(
        HttpClient http, Cluster cluster, SessionClient session, bool lives, TimeSpan pause, Sightings seen, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(cluster.Any().Address, "/api/v1/quota"));
            request.Headers.Add("Cookie", $"auth_token={session.Access}");
            var start = Stopwatch.GetTimestamp();
            using var answer = await http.SendAsync(request, CancellationToken.None);
            seen.Answered(session, lives, answer.StatusCode, Stopwatch.GetElapsedTime(start));
            await Task.Delay(pause, CancellationToken.None);
        }
    }

    /// <summary>What came of every request, and when each client last had the answer that is due to it.</summary>
    private sealed class Sightings
    {
        private readonly ConcurrentDictionary<SessionClient, bool> _isWell = new();
        private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _refusals = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _recoveries = new(StringComparer.Ordinal);
        private volatile string _phase = "quiet";
        private long _answers;
        private long _letIn;
        private long _strange;

        public bool AllAreWell => _isWell.Values.All(w => w);

        public void Begin(string kind) => _phase = kind;

        /// <summary>From here on everybody has to have a good answer of their own.</summary>
        public void End()
        {
            foreach (var client in _isWell.Keys)
                _isWell[client] = false;
        }

        public void Well(string kind, TimeSpan after)
        {
            _phase = "quiet";
            _recoveries.GetOrAdd(kind, _ => []).Add(after.TotalSeconds);
        }

        public void Answered(SessionClient client, bool lives, HttpStatusCode status, TimeSpan took)
        {
            Interlocked.Increment(ref _answers);
            _isWell[client] = status == (lives ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
            if (!lives && status == HttpStatusCode.OK)
                Interlocked.Increment(ref _letIn);
            if (status is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.ServiceUnavailable))
                Interlocked.Increment(ref _strange);
            if (status == HttpStatusCode.ServiceUnavailable)
                _refusals.GetOrAdd(_phase, _ => []).Add(took.TotalMilliseconds);
        }

        public int Tell()
        {
            Say($"{_answers:N0} answers; let in without a session: {_letIn}; neither 200, 401 nor 503: {_strange}");
            var good = _letIn == 0 && _strange == 0;
            foreach (var (kind, times) in _refusals.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                var sorted = times.Order().ToList();
                var late = sorted.Count(t => t > AtOnce.TotalMilliseconds);
                Say($"{kind}: {sorted.Count:N0} refusals, median {At(sorted, 0.5):0.0} ms, 99 % within {At(sorted, 0.99):0.0} ms, the slowest {sorted[^1]:0} ms; {late} later than 100 ms");
                good &= At(sorted, 0.99) <= AtOnce.TotalMilliseconds;
            }

            foreach (var (kind, times) in _recoveries.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                Say($"{kind}: {times.Count} times, all well after {times.Average():0.00} s, at the latest {times.Max():0.00} s");
                good &= times.Max() <= Soon.TotalSeconds;
            }

            return good && _refusals.ContainsKey("killed") && _refusals.ContainsKey("silent") ? 0 : 1;
        }

        private static double At(List<double> sorted, double part) => sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * part)];

        private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
