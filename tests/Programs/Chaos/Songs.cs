using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace MusicGen.Programs.Chaos;

/// <summary>Making songs and listening to them: what the same request made must be the same bytes, whichever worker made it, however they came.</summary>
internal sealed class Songs(Findings findings)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20); // a heartbeat comes every 15 s
    private static readonly string[] Prompts = ["calm piano", "fast metal with drums", "slow jazz with a saxophone", "bright pop"];

    private readonly ConcurrentDictionary<string, string> _hashes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _heard = new(StringComparer.Ordinal);

    /// <summary>Asks for a song, until it is accepted or refused, and follows, watches or stops it.</summary>
    public async Task MakeAsync(Person person, Session session, Random random, CancellationToken over)
    {
        var body = new { prompt = Prompts[random.Next(Prompts.Length)], duration = random.Next(2, 8), seed = random.Next(5) };
        var id = await AskAsync(person, session, Guid.NewGuid().ToString(), body, over);
        if (id is null)
            return;
        switch (random.Next(10))
        {
            case < 5:
                await FollowAsync(person, session, id, over);
                break;
            case < 7:
                await Task.Delay(random.Next(400), CancellationToken.None);
                await CancelAsync(person, session, id, over);
                break;
            case < 9:
                await WatchAsync(person, session, id, over);
                break;
            default:
                return; // its owner has gone
        }

        if (person.Tasks[id] == "completed" && random.Next(3) > 0)
            await HearAsync(session, id, over);
    }

    /// <returns>The task; null when it was refused, or the session is over and nobody knows.</returns>
    public async Task<string?> AskAsync(Person person, Session session, string key, object body, CancellationToken over)
    {
        person.Unanswered[key] = body;
        while (MayGoOn(session, over))
        {
            var answer = await session.SendAsync(HttpMethod.Post, "/api/v1/generate", body, ("Idempotency-Key", key));
            if (answer.IsGood)
            {
                var id = answer.Body.GetProperty("task_id").GetString()!;
                person.Tasks.TryAdd(id, null);
                person.Unanswered.TryRemove(key, out _);
                findings.Count("tasks accepted");
                person.Saw(answer.Body, findings);
                return id;
            }

            await PauseAsync(session);
        }

        return null;
    }

    /// <summary>Events until the end, resumed where they broke off.</summary>
    private async Task FollowAsync(Person person, Session session, string id, CancellationToken over)
    {
        var last = string.Empty;
        while (MayGoOn(session, over) && person.Tasks[id] is null)
        {
            try
            {
                var asked = Stopwatch.GetTimestamp();
                using var late = new CancellationTokenSource(Silence);
                using var answer = await session.Browser.OpenAsync(
                    HttpMethod.Get, $"/api/v1/generate/{id}/events", null, late.Token, last.Length == 0 ? [] : [("Last-Event-ID", last)]);
                session.Judge(asked, (int)answer.StatusCode, $"GET events: {(int)answer.StatusCode}");
                if (answer.StatusCode == HttpStatusCode.NoContent)
                {
                    await WatchAsync(person, session, id, over); // its end was told, to a connection that broke
                    return;
                }

                if (answer.StatusCode == HttpStatusCode.OK)
                    last = await ReadAsync(answer, person, last, late);
            }
            catch (Exception e) when (Browser.IsNoAnswer(e))
            {
                findings.Count("streams broken");
            }

            if (person.Tasks[id] is null)
                await PauseAsync(session);
        }
    }

    private async Task<string> ReadAsync(HttpResponseMessage answer, Person person, string last, CancellationTokenSource late)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(late.Token));
        var (kind, ended) = (string.Empty, 0);
        try
        {
            while (await reader.ReadLineAsync(late.Token) is { } line)
            {
                late.CancelAfter(Silence);
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                    kind = line[7..];
                else if (line.StartsWith("id: ", StringComparison.Ordinal))
                    last = line[4..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal) && kind is "completed" or "failed" or "cancelled" && ++ended == 1)
                    person.Saw(JsonDocument.Parse(line[6..]).RootElement, findings);
            }
        }
        catch (Exception e) when (Browser.IsNoAnswer(e))
        {
            findings.Count("streams broken");
        }

        if (ended > 1)
            findings.Violation($"a stream of events told {ended} ends");
        findings.Count("streams followed");
        return last;
    }

    private async Task WatchAsync(Person person, Session session, string id, CancellationToken over)
    {
        while (MayGoOn(session, over) && person.Tasks[id] is null)
        {
            var answer = await session.SendAsync(HttpMethod.Get, $"/api/v1/generate/{id}");
            if (answer.IsGood)
                person.Saw(answer.Body, findings);
            if (person.Tasks[id] is null)
                await PauseAsync(session);
        }
    }

    private async Task CancelAsync(Person person, Session session, string id, CancellationToken over)
    {
        while (MayGoOn(session, over) && person.Tasks[id] is null)
        {
            var answer = await session.SendAsync(HttpMethod.Post, $"/api/v1/generate/{id}/cancel");
            if (answer.IsGood)
            {
                findings.Count("tasks asked to stop");
                person.Saw(answer.Body, findings);
                await WatchAsync(person, session, id, over);
                return;
            }

            await PauseAsync(session);
        }
    }

    /// <summary>Downloads a song in ranges, going on where a connection broke, and compares it with what the same request made before.</summary>
    /// <returns>Whether all of it came.</returns>
    public async Task<bool> HearAsync(Session session, string id, CancellationToken over)
    {
        if (_heard.ContainsKey(id))
            return true;
        var (sound, tag) = (new List<byte>(), string.Empty);
        while (MayGoOn(session, over))
        {
            var path = $"/api/v1/generate/{id}/audio";
            var answer = sound.Count == 0
                ? await session.SendAsync(HttpMethod.Get, path, null, ("Range", "bytes=0-65535"))
                : await session.SendAsync(HttpMethod.Get, path, null, ("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={sound.Count}-{sound.Count + 262_143}")), ("If-Range", tag));
            if (answer.IsGood)
            {
                if (answer.Status != HttpStatusCode.PartialContent || (sound.Count > 0 && answer.Tag != tag))
                    findings.Violation($"the sound of {id} changed: {answer}, {answer.Tag} after {tag}");
                tag = answer.Tag ?? string.Empty;
                sound.AddRange(answer.Bytes);
                if (sound.Count >= 44 && sound.Count >= LengthOf(sound))
                {
                    await CheckAsync(session, id, [.. sound]);
                    return true;
                }
            }
            else
            {
                await PauseAsync(session);
            }
        }

        return false;
    }

    // A WAV says in its head how long it is.
    private static long LengthOf(List<byte> sound) => 8L + BinaryPrimitives.ReadUInt32LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(sound)[4..8]);

    private async Task CheckAsync(Session session, string id, byte[] sound)
    {
        var answer = await session.SendAsync(HttpMethod.Get, $"/api/v1/generate/{id}");
        if (!answer.IsGood)
            return;
        var task = answer.Body;
        var seconds = task.GetProperty("duration").GetDouble();
        var expected = 44 + (2L * task.GetProperty("channels").GetInt32() * (long)Math.Round(seconds * task.GetProperty("sample_rate").GetInt32()));
        if (sound.Length != expected || !sound.AsSpan().StartsWith("RIFF"u8))
            findings.Violation($"the sound of {id} has {sound.Length} bytes, not {expected}");
        var hash = Convert.ToHexString(SHA256.HashData(sound));
        var request = string.Create(CultureInfo.InvariantCulture, $"{task.GetProperty("prompt").GetString()} {seconds} {task.GetProperty("seed").GetInt64()}");
        if (_hashes.GetOrAdd(request, hash) != hash)
            findings.Violation($"the sound of {id} isn't what the same request made before: {request}");
        _heard[id] = true;
        findings.Count("songs heard whole");
    }

    private static bool MayGoOn(Session session, CancellationToken over) => !over.IsCancellationRequested && !session.MayBeOver;

    private static async Task PauseAsync(Session session)
    {
        await Task.Delay(500, CancellationToken.None);
        if (session.IsDue)
            await session.RefreshAsync();
    }
}
