using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace MusicGen.Programs;

/// <summary>Start to first answer, memory at rest, and requests, refreshes and logins per second.</summary>
internal static class ServerMeasurement
{
    public static Command Command()
    {
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 10, Description = "How long requests are sent." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 16, Description = "Requests under way at once." };
        var rest = new Option<int>("--rest") { DefaultValueFactory = _ => 5, Description = "Seconds between the start and the look at the memory." };
        var command = new Command("measure", "Start-up, memory at rest, requests, refreshes and logins per second.") { seconds, clients, rest };
        command.SetAction(result => RunAsync(result.GetValue(seconds), result.GetValue(clients), result.GetValue(rest)));
        return command;
    }

    private static async Task<int> RunAsync(int seconds, int clients, int rest)
    {
        // The limits stay on; their numbers are raised beyond what the run can reach.
        var raised = new[] { "FREE_MINUTE", "FREE_HOUR", "FREE_DAY", "FREE_BURST", "LOGIN_MINUTE", "REFRESH_MINUTE" }
            .ToDictionary(w => $"RATE_LIMIT_{w}", w => w.StartsWith("FREE", StringComparison.Ordinal) ? "100000000" : "1000000");
        await using var server = new OwnServer(raised);
        var first = await server.StartAsync();
        await server.KillAsync();
        var second = await server.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(rest));
        var memory = MemoryOf(server.ProcessId);

        using var account = await Account.RegisterAsync(server.Address);
        await SendAsync(account, clients, TimeSpan.FromSeconds(2));
        var rate = await SendAsync(account, clients, TimeSpan.FromSeconds(seconds));

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start to first answer, empty folder   {first.TotalSeconds:0.00} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start to first answer, after a kill   {second.TotalSeconds:0.00} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at rest (resident)             {memory} MiB"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"GET /api/auth/session, signed in      {rate:0} a second ({clients} at once, the client on the same {Environment.ProcessorCount} cores)"));

        var load = new AccountLoad(server.Address, account, clients, TimeSpan.FromSeconds(seconds));
        var refreshes = await load.RefreshesAsync();
        var (logins, hashes) = (await load.LoginsAsync(), load.Hashes());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"POST /api/auth/refresh                {refreshes:0} a second, {refreshes / Environment.ProcessorCount:0} a core"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"POST /api/auth/login                  {logins:0.0} a second; the hash alone {hashes:0.0} ({100 * logins / hashes:0} % of it)"));
        return 0;
    }

    private static async Task<double> SendAsync(Account account, int clients, TimeSpan length)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(start) < length)
            {
                var session = await account.GetAsync("/api/auth/session");
                if (!session.GetProperty("authenticated").GetBoolean())
                    throw new InvalidOperationException("The session is gone: the run counts only signed-in requests.");
                count++;
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long MemoryOf(int process)
    {
        using var found = Process.GetProcessById(process);
        return found.WorkingSet64 / (1024 * 1024);
    }
}
