using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MusicGen.Programs;

/// <summary>kill -9 in the middle of jobs, start again: every task must end, once, with its quota right.</summary>
internal static class CrashRun
{
    public static Command Command()
    {
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "How often the server is killed." };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "Length of each song." };
        var command = new Command("crash", "kill -9 in the middle of ten jobs, again and again.") { rounds, seconds };
        command.SetAction(result => RunAsync(result.GetValue(rounds), result.GetValue(seconds)));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int seconds)
    {
        await using var server = new OwnServer();
        await server.StartAsync();
        using var account = await Account.RegisterAsync(server.Address);
        await server.RunAsync("users", "set-tier", account.Email, "enterprise");

        var completed = 0;
        for (var round = 1; round <= rounds; round++)
        {
            for (var i = 0; i < 10; i++)
                await account.PostAsync("/api/v1/generate", new { prompt = $"round {round} song {i}", duration = seconds, seed = i });
            await Task.Delay(TimeSpan.FromMilliseconds(150 * round));
            await server.KillAsync();
            await server.StartAsync();

            var start = Stopwatch.GetTimestamp();
            var ended = await WaitAsync(account, start);
            completed += ended.Count(t => t.GetProperty("status").GetString() == "completed");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: 10 tasks ended after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {ended.Count(t => t.GetProperty("status").GetString() == "completed")} completed"));
        }

        var used = (await account.GetAsync("/api/v1/quota")).GetProperty("audio_seconds").GetProperty("used").GetDouble();
        var expected = (double)completed * seconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"audio seconds charged {used:0}, made {expected:0}: {(used == expected ? "equal" : "NOT EQUAL")}"));
        return used == expected ? 0 : 1;
    }

    private static async Task<List<JsonElement>> WaitAsync(Account account, long start)
    {
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(2))
        {
            var items = (await account.GetAsync("/api/v1/generate?limit=10")).GetProperty("items").EnumerateArray().ToList();
            if (items.TrueForAll(t => t.GetProperty("status").GetString() is "completed" or "failed"))
                return items;
            await Task.Delay(500);
        }

        throw new InvalidOperationException("Two minutes after the restart a task still runs.");
    }
}
