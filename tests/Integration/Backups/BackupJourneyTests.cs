using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using MusicGen.Application.Auditing;
using MusicGen.Application.Auditing.VerifyAuditTrail;
using MusicGen.Integration.Support;
using MusicGen.WebApi.CommandLine;

namespace MusicGen.Integration.Backups;

/// <summary>The drill of docs/deployment.md: a backup of a server that works, restored on an empty machine.</summary>
[Collection(nameof(Alone))]
public sealed class BackupJourneyTests
{
    private const string Secret = "a secret of a service that is backed up";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_under_load_is_the_service_at_one_moment()
    {
        var root = Directory.CreateTempSubdirectory("musicgen-drill-").FullName;
        var (backup, restored) = (Path.Combine(root, "backup"), Path.Combine(root, "restored"));
        await using var server = await ServerProcess.StartAsync(("JWT_SECRET_KEY", Secret));
        using var ann = server.NewBrowser();
        await (await ann.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);
        var song = await ann.WaitAsync(await ann.StartAsync("calm piano"));

        var people = new ConcurrentQueue<(Browser Browser, List<string> Tasks)>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var crowd = CrowdAsync(server, people, enough.Token);
        while (people.Count < 2)
            await Task.Delay(20, Ct);
        var copied = await server.RunAsync("backup", backup, "--sessions");
        await enough.CancelAsync();
        await crowd;
        Assert.True(copied.ExitCode == 0, copied.Error);

        // The trail is the same up to that moment, and vouched for by a head that is signed.
        var (last, hash) = LastEntry(Path.Combine(backup, "database.db"));
        Assert.Equal(hash, HashOf(Path.Combine(server.Folder, "musicgen.db"), last));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = restored, ["JWT_SECRET_KEY"] = Secret };
        Assert.Equal(0, await Commands.RunAsync(["restore", backup], variables));
        AuditVerification? trail = null;
        await OperatorHost.RunAsync(variables, async host =>
        {
            trail = await host.SendAsync(new VerifyAuditTrailCommand(), Ct);
            return 0;
        }, Ct);
        Assert.Equal((last + 3, null), (trail!.Entries, trail.Problem)); // the restore's two, and the attempt to verify
        Assert.All(trail.Witnesses, w => Assert.Equal(last + 3, w.Sequence));

        await using var again = await ServerProcess.StartAsync(("JWT_SECRET_KEY", Secret), ("MUSICGEN_DATA", restored));
        using var annAgain = ann.Copy(server: again.Address);
        Assert.True((await annAgain.SessionAsync())["authenticated"]!.GetValue<bool>());
        await MustBeTheSameAsync(ann, annAgain, [song["task_id"]!.GetValue<string>()]);

        var taken = 0;
        foreach (var (person, tasks) in people)
        {
            using var same = person.Copy(server: again.Address);
            using var login = await same.LoginAsync();
            if (!login.IsSuccessStatusCode)
            {
                await login.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials"); // came after that moment
                continue;
            }

            taken++;
            await MustBeTheSameAsync(person, same, tasks);
            person.Dispose();
        }

        Assert.InRange(taken, 2, people.Count);
        SqliteConnection.ClearAllPools();
        await again.KillAsync();
        Directory.Delete(root, recursive: true);
    }

    // What is there of a person is as it was: every task with its sound, and a charge for each task.
    private static async Task MustBeTheSameAsync(Browser before, Browser after, List<string> tasks)
    {
        var there = (await after.GetJsonAsync("/api/v1/generate"))["items"]!.AsArray().Select(t => t!["task_id"]!.GetValue<string>()).ToList();
        Assert.Subset(tasks.ToHashSet(StringComparer.Ordinal), there.ToHashSet(StringComparer.Ordinal));
        foreach (var id in there)
        {
            var (was, now) = (await before.WaitAsync(id), await after.WaitAsync(id)); // one that was under way is made anew, from the same seed
            Assert.Equal(("completed", was["prompt"]!.GetValue<string>()), (now["status"]!.GetValue<string>(), now["prompt"]!.GetValue<string>()));
            Assert.Equal(await before.AudioAsync(id), await after.AudioAsync(id));
            Assert.Equal(await before.AudioAsync(id, "wav-f32"), await after.AudioAsync(id, "wav-f32"));
        }

        var quota = await after.GetJsonAsync("/api/v1/quota");
        Assert.Equal((there.Count, there.Count), (Used(quota["windows"]![2]!), Used(quota["audio_seconds"]!))); // a second each
        if (there.Count == tasks.Count)
            Assert.Equal((await before.GetJsonAsync("/api/v1/quota"))["audio_seconds"]!["resets_at"]!.GetValue<DateTimeOffset>(), quota["audio_seconds"]!["resets_at"]!.GetValue<DateTimeOffset>());
    }

    private static double Used(JsonNode window) => window["used"]!.GetValue<double>();

    private static async Task CrowdAsync(ServerProcess server, ConcurrentQueue<(Browser Browser, List<string> Tasks)> people, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var browser = server.NewBrowser();
            await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);
            people.Enqueue((browser, [await browser.StartAsync("happy ukulele", seed: 1), await browser.StartAsync("slow organ", seed: 2)]));
            await Task.Delay(100, Ct);
        }
    }

    private static (long Sequence, string Hash) LastEntry(string database)
    {
        var rows = Ask(database, "SELECT Sequence, Hash FROM AuditEntries ORDER BY Sequence DESC LIMIT 1");
        return (rows.Sequence, rows.Hash);
    }

    private static string HashOf(string database, long sequence) => Ask(database, $"SELECT Sequence, Hash FROM AuditEntries WHERE Sequence = {sequence}").Hash;

    private static (long Sequence, string Hash) Ask(string database, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        Assert.True(rows.Read());
        return (rows.GetInt64(0), rows.GetString(1));
    }
}
