using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// What the whole edge costs: GET /api/auth/session signed in, limits on, in Production with a redis-server, beside a bare
/// endpoint of the same server software that writes a JSON body of the same size. Both get the same requests, by turns.
/// </summary>
internal static class EdgeCostRun
{
    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5, Description = "How long each turn lasts." };
        var turns = new Option<int>("--turns") { DefaultValueFactory = _ => 9, Description = "Turns of each." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 32, Description = "Requests under way at once, each of a session of its own." };
        var warmUp = new Option<double>("--warm-up") { DefaultValueFactory = _ => 30, Description = "Seconds before the first turn: until the compiler has seen what runs often." };
        var client = new Option<string>("--client") { DefaultValueFactory = _ => "socket", Description = "socket: next to nothing beside the server; http: .NET's own client." };
        client.AcceptOnlyFromAmong("socket", "http");
        var fsync = new Option<string>("--fsync") { DefaultValueFactory = _ => "everysec", Description = "Of redis-server's append-only file: everysec, as deploy/compose.yaml has it, or always." };
        fsync.AcceptOnlyFromAmong("everysec", "always");
        var command = new Command("edge-cost", "Signed-in requests a second beside a bare endpoint's, and processor time for each.") { seconds, turns, clients, warmUp, client, fsync };
        command.SetAction(r => RunAsync(
            TimeSpan.FromSeconds(r.GetValue(seconds)), r.GetValue(turns), r.GetValue(clients), TimeSpan.FromSeconds(r.GetValue(warmUp)), r.GetValue(client)!, r.GetValue(fsync)!));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan length, int turns, int clients, TimeSpan warmUp, string client, string fsync)
    {
        await using var redis = await RedisProcess.StartAloneAsync(fsync);
        await using var server = new OwnServer(Production(redis));
        await server.StartAsync();
        var headers = new List<(string, string)[]>();
        for (var i = 0; i < clients; i++)
            headers.Add(await SignedInAsync(server.Address, i));

        using var edge = Load(client, server.Address, headers);
        edge.Run(warmUp);
        using var bare = await BareEndpoint.StartAsync(edge.LastBody.Length);
        using var plain = Load(client, bare.Address, headers);
        plain.Run(warmUp);
        using var serverProcess = Process.GetProcessById(server.ProcessId);

        var (ours, theirs) = (new List<Turn>(), new List<Turn>());
        for (var turn = 0; turn < turns; turn++)
        {
            // Each goes first as often as second.
            Action[] pair =
            [
                () => Keep(ours, edge, length, () => [TimeOf(serverProcess), redis.ProcessorTime, Environment.CpuUsage.TotalTime]),
                () => Keep(theirs, plain, length, () => [bare.ProcessorTime, Environment.CpuUsage.TotalTime]),
            ];
            foreach (var run in turn % 2 == 0 ? pair : [.. pair.Reverse()])
                run();
        }

        Say($"GET /api/auth/session, signed in, limits on, Production, redis-server (appendfsync {fsync}); {clients} clients ({client}) on the same {Environment.ProcessorCount} cores, {turns} turns of {length.TotalSeconds:0.#} s");
        Tell("the service", ours, "server", "redis", "client");
        Tell("a bare endpoint", theirs, "server", "client");
        Say($"bodies of {edge.LastBody.Length} and {plain.LastBody.Length} bytes; ratio of the medians: {100 * Median(ours.Select(t => t.Rate)) / Median(theirs.Select(t => t.Rate)):0.0} %; load {File.ReadAllText("/proc/loadavg").Trim()}");
        return 0;
    }

    public static Dictionary<string, string> Production(RedisProcess redis)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Production",
            ["PUBLIC_URL"] = "https://music.test",
            ["JWT_SECRET_KEY"] = RandomNumberGenerator.GetHexString(64),
            ["REDIS_URL"] = redis.Url,
            ["REDIS_PATIENCE_MS"] = "3000",
            ["EMAIL_VERIFICATION"] = "off",
            ["RATE_LIMIT_REGISTER_MINUTE"] = "1000000",

            // The pool as it is beside SQL Server: what is measured asks the database nothing.
            ["DOTNET_ThreadPool_ForceMinWorkerThreads"] = $"{Environment.ProcessorCount:x}",
        };

        // The limits stay on and count every request; their numbers are raised beyond what the run can reach.
        foreach (var window in new[] { "MINUTE", "HOUR", "DAY", "BURST" })
            variables[$"RATE_LIMIT_FREE_{window}"] = "100000000";
        return variables;
    }

    // As a browser behind a proxy that ends TLS.
    public static async Task<(string, string)[]> SignedInAsync(Uri server, int number)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = server };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", AddressOf(number));
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var token = await http.GetAsync(new Uri("/api/auth/csrf-token", UriKind.Relative));
        token.EnsureSuccessStatusCode();
        var csrf = CookiesOf(token).Split('=', 2)[1];
        var name = $"edge{number}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/register")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { email = $"{name}@example.org", username = name, password = $"violet teapot {number} orbits" }),
        };
        request.Headers.Add("Cookie", CookiesOf(token));
        request.Headers.Add("X-CSRF-Token", csrf);
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();

        return [("X-Forwarded-For", AddressOf(number)), ("X-Forwarded-Proto", "https"), ("Accept", "application/json"), ("Cookie", CookiesOf(answer))];
    }

    private static ILoad Load(string client, Uri server, IEnumerable<(string, string)[]> headers)
    {
        var expected = "{\"authenticated\":true"u8.ToArray();
        return client == "http" ? new HttpClientLoad(server, BareEndpoint.Path, headers, expected) : new KeepAliveLoad(server, BareEndpoint.Path, headers, expected);
    }

    private static string CookiesOf(HttpResponseMessage answer) => string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));

    private static string AddressOf(int number) => $"198.18.{number / 250}.{(number % 250) + 1}";

    private static TimeSpan TimeOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static void Keep(List<Turn> turns, ILoad load, TimeSpan length, Func<TimeSpan[]> times)
    {
        var before = times();
        var rate = load.Run(length);
        var after = times();
        turns.Add(new Turn(rate, [.. after.Zip(before, (a, b) => (a - b).TotalMicroseconds / (rate * length.TotalSeconds))]));
    }

    private static void Tell(string who, List<Turn> turns, params string[] processes)
    {
        var costs = processes.Select((name, i) => string.Create(CultureInfo.InvariantCulture, $"{name} {Median(turns.Select(t => t.Costs[i])):0.0} µs"));
        Say($"{who,-16} {Median(turns.Select(t => t.Rate)),7:0} a second ({turns.Min(t => t.Rate):0} to {turns.Max(t => t.Rate):0}); processor time for each: {string.Join(", ", costs)}");
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted && sorted.Count > 0 ? sorted[sorted.Count / 2] : double.NaN;

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <param name="Rate">Answers a second.</param>
    /// <param name="Costs">Processor time for each answer by process, in µs.</param>
    private sealed record Turn(double Rate, double[] Costs);
}
