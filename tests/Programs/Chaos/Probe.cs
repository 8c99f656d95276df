using System.Diagnostics;

namespace MusicGen.Programs.Chaos;

/// <summary>One journey through the whole service, again and again: a session's check, a song made, its sound whole.</summary>
internal sealed class Probe(Person person, Func<Browser> open, Findings findings)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private Session? _session;
    private int _journeys;

    /// <summary>Each step is asked for until it works.</summary>
    /// <param name="since">A moment of the stopwatch.</param>
    /// <returns>From then to the journey's end; null when it didn't come to one within a minute.</returns>
    public async Task<TimeSpan?> TravelAsync(long since)
    {
        Func<bool> isLate = () => Stopwatch.GetElapsedTime(since) > Patience;
        while (!isLate() && await SignedInAsync(isLate) is { } session)
        {
            var key = Guid.NewGuid().ToString();
            var body = new { prompt = "calm piano", duration = 1, seed = _journeys++ % 3 };
            if (await UntilAsync(session, HttpMethod.Post, "/api/v1/generate", body, isLate, ("Idempotency-Key", key)) is not { } accepted)
                continue;
            var id = accepted.Body.GetProperty("task_id").GetString()!;
            person.Tasks.TryAdd(id, null);
            findings.Count("tasks accepted");
            while (!isLate() && person.Tasks[id] is null && await UntilAsync(session, HttpMethod.Get, $"/api/v1/generate/{id}", null, isLate) is { } seen)
            {
                person.Saw(seen.Body, findings);
                await Task.Delay(Pause, CancellationToken.None);
            }

            if (person.Tasks[id] != "completed")
                continue; // the fault may have befallen it: the service isn't well yet
            if (await UntilAsync(session, HttpMethod.Get, $"/api/v1/generate/{id}/audio", null, isLate) is { Bytes.Length: > 44 })
                return Stopwatch.GetElapsedTime(since);
        }

        return null;
    }

    private static async Task<Answer?> UntilAsync(
        Session session, HttpMethod method, string path, object? body, Func<bool> isLate, params (string Name, string Value)[] headers)
    {
        while (!isLate())
        {
            var answer = await session.SendAsync(method, path, body, headers);
            if (answer.IsGood)
                return answer;
            await Task.Delay(Pause, CancellationToken.None);
            if (session.IsDue)
                await session.RefreshAsync();
        }

        return null;
    }

    private async Task<Session?> SignedInAsync(Func<bool> isLate)
    {
        while (!isLate())
        {
            if (_session is null)
            {
                var browser = open();
                await browser.SendAsync(HttpMethod.Get, "/api/auth/csrf-token");
                var asked = Stopwatch.GetTimestamp();
                if ((await browser.SendAsync(HttpMethod.Post, "/api/auth/login", new { email = person.Email, password = person.Password })).IsGood)
                {
                    _session = new Session(browser, findings) { Id = "of the probe" };
                    _session.Renewed(asked);
                }
            }
            else if (_session.IsDue)
            {
                await _session.RefreshAsync();
            }

            var answer = _session is null ? Answer.None : await _session.SendAsync(HttpMethod.Get, "/api/auth/session");
            if (answer.IsGood && answer.Body.GetProperty("authenticated").GetBoolean())
                return _session;
            await Task.Delay(Pause, CancellationToken.None);
        }

        return null;
    }
}
