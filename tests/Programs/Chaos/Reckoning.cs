using System.Globalization;
using System.Text.Json;

namespace MusicGen.Programs.Chaos;

/// <summary>When all is quiet: every accepted task has ended, once, as its owner saw it, and the ledger holds exactly its charge.</summary>
internal sealed class Reckoning(Func<Browser> open, Songs songs, Findings findings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task HoldAsync(Person person)
    {
        if (await SignInAsync(person) is not { } session)
        {
            findings.Violation($"{person.Email} can't sign in when all is quiet");
            return;
        }

        // What was never answered is asked for once more: the key says whether it was heard.
        foreach (var (key, body) in person.Unanswered)
            await songs.AskAsync(person, session, key, body, CancellationToken.None);
        var tasks = await EndedAsync(session);
        foreach (var (id, task) in tasks)
        {
            findings.Count($"tasks {task.GetProperty("status").GetString()}");
            if (task.GetProperty("error") is { ValueKind: JsonValueKind.Object } error)
                findings.Count($"failures {error.GetProperty("code").GetString()}");
            if (!person.Tasks.ContainsKey(id))
                findings.Violation($"task {id} is nobody's: its owner asked once and has two");
            person.Saw(task, findings);
        }

        foreach (var id in person.Tasks.Keys.Where(id => !tasks.ContainsKey(id)))
            findings.Violation($"task {id} was accepted and is gone");
        await CompareAsync(person, session, tasks.Values);
        foreach (var id in tasks.Where(t => t.Value.GetProperty("status").GetString() == "completed").Select(t => t.Key))
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            if (!await songs.HearAsync(session, id, late.Token))
                findings.Violation($"the sound of {id} doesn't come");
        }
    }

    private async Task<Session?> SignInAsync(Person person)
    {
        for (var tries = 0; tries < 10; tries++)
        {
            var session = new Session(open(), findings) { Id = $"of {person.Email} at the end" };
            await session.Browser.SendAsync(HttpMethod.Get, "/api/auth/csrf-token");
            session.Renewed(System.Diagnostics.Stopwatch.GetTimestamp());
            if ((await session.Browser.SendAsync(HttpMethod.Post, "/api/auth/login", new { email = person.Email, password = person.Password })).IsGood)
                return session;
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
        }

        return null;
    }

    private async Task<Dictionary<string, JsonElement>> EndedAsync(Session session)
    {
        for (var start = findings.Now; ;)
        {
            var tasks = await ListAsync(session);
            var unfinished = tasks.Where(t => t.Value.GetProperty("status").GetString() is "pending" or "processing").ToList();
            if (unfinished.Count == 0)
                return tasks;
            if (findings.Now - start > Patience)
            {
                foreach (var (id, task) in unfinished)
                    findings.Violation($"task {id} is still {task.GetProperty("status").GetString()}, two minutes after the last fault");
                return tasks;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
        }
    }

    private static async Task<Dictionary<string, JsonElement>> ListAsync(Session session)
    {
        var (tasks, cursor) = (new Dictionary<string, JsonElement>(StringComparer.Ordinal), string.Empty);
        while (true)
        {
            if (session.IsDue)
                await session.RefreshAsync();
            var answer = await session.SendAsync(HttpMethod.Get, $"/api/v1/generate?limit=100{cursor}");
            if (!answer.IsGood)
            {
                await Task.Delay(200, CancellationToken.None);
                continue;
            }

            foreach (var task in answer.Body.GetProperty("items").EnumerateArray())
                tasks[task.GetProperty("task_id").GetString()!] = task;
            if (answer.Body.GetProperty("next_cursor").GetString() is not { } next)
                return tasks;
            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }

    // A song that failed or never began costs nothing; one that was stopped costs what was made of it.
    private async Task CompareAsync(Person person, Session session, IEnumerable<JsonElement> tasks)
    {
        var (generations, seconds) = (0, 0d);
        foreach (var task in tasks)
        {
            var status = task.GetProperty("status").GetString();
            if (status != "completed" && (status != "cancelled" || task.GetProperty("started_at").ValueKind == JsonValueKind.Null))
                continue;
            generations++;
            seconds += status == "completed" ? DurationOf(task) : MadeOf(task);
        }

        for (var start = findings.Now; ; await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None))
        {
            var (used, audio) = await ChargedAsync(session);
            var isRight = used == generations && Math.Abs(audio - seconds) <= 0.001 * (generations + 1);
            // What broke between a charge and its task is looked at when nobody can be at work on it any more.
            if (!isRight && findings.Now - start < Patience)
                continue;
            if (isRight)
            {
                findings.Count(findings.Now - start < TimeSpan.FromSeconds(2) ? "ledgers right at once" : "ledgers right within two minutes");
            }
            else
            {
                findings.Violation(
                    $"{person.Email} ({person.Id}) is charged {used} songs and {audio.ToString("0.###", CultureInfo.InvariantCulture)} s; its tasks say {generations} and {seconds.ToString("0.###", CultureInfo.InvariantCulture)} s");
            }

            return;
        }
    }

    private static async Task<(double Songs, double Seconds)> ChargedAsync(Session session)
    {
        while (true)
        {
            if (session.IsDue)
                await session.RefreshAsync();
            var answer = await session.SendAsync(HttpMethod.Get, "/api/v1/quota");
            if (answer.IsGood)
            {
                return (
                    answer.Body.GetProperty("windows").EnumerateArray().Single(w => w.GetProperty("name").GetString() == "day").GetProperty("used").GetDouble(),
                    answer.Body.GetProperty("audio_seconds").GetProperty("used").GetDouble());
            }

            await Task.Delay(500, CancellationToken.None);
        }
    }

    private static double DurationOf(JsonElement task) => task.GetProperty("parameters").GetProperty("duration").GetDouble();

    private static double MadeOf(JsonElement task) =>
        task.GetProperty("steps_total").GetDouble() is > 0 and var total ? DurationOf(task) * task.GetProperty("steps_done").GetDouble() / total : 0;
}
