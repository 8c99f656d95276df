using System.Net;
using System.Net.Http.Headers;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

public class AudioAndEventsTests(EdgeApp edge)
{
    [Fact]
    public async Task A_task_is_followed_to_its_end_and_heard_in_ranges()
    {
        using var browser = await edge.RegisterAsync();
        var task = await browser.StartAsync("calm piano, 72 bpm", duration: 1.5);

        var events = await EventsAsync(browser, task);

        Assert.Equal("completed", events[^1].Type);
        Assert.All(events.SkipLast(1), e => Assert.Equal("progress", e.Type));
        Assert.All(events, e => Assert.NotEmpty(e.Id));
        await HearAsync(browser, task);
        await ResumeAsync(browser, task, events[^1].Id);
    }

    [Fact]
    public async Task Audio_that_is_not_there_yet_is_a_conflict()
    {
        using var browser = await edge.RegisterAsync();
        var task = await browser.StartAsync("calm piano", duration: 60);

        using var answer = await browser.GetAsync($"/api/v1/generate/{task}/audio");
        await answer.MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_completed");

        using var cancelled = await browser.PostAsync($"/api/v1/generate/{task}/cancel");
        await cancelled.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_key_is_the_same_task_and_another_body_is_refused()
    {
        using var browser = await edge.RegisterAsync();

        using var first = await browser.GenerateAsync(new { prompt = "calm piano", duration = 1 }, idempotencyKey: "once");
        using var again = await browser.GenerateAsync(new { prompt = "calm piano", duration = 1 }, idempotencyKey: "once");
        using var other = await browser.GenerateAsync(new { prompt = "loud drums", duration = 1 }, idempotencyKey: "once");

        await first.MustBeAsync(HttpStatusCode.Accepted);
        await again.MustBeAsync(HttpStatusCode.Accepted);
        Assert.Equal((await first.JsonAsync())["task_id"]!.GetValue<string>(), (await again.JsonAsync())["task_id"]!.GetValue<string>());
        Assert.Equal($"/api/v1/generate/{(await first.JsonAsync())["task_id"]!.GetValue<string>()}", first.Header("Location"));
        await other.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");
    }

    private static async Task HearAsync(Browser browser, string task)
    {
        var path = $"/api/v1/generate/{task}/audio";
        using var whole = await browser.GetAsync(path);
        await whole.MustBeAsync(HttpStatusCode.OK);
        var bytes = await whole.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("audio/wav", whole.Content.Headers.ContentType?.MediaType);
        Assert.Equal("private, no-cache", whole.Headers.CacheControl?.ToString().Split(", ").Order().Aggregate((a, b) => $"{b}, {a}"));
        Assert.Equal("same-site", whole.Header("Cross-Origin-Resource-Policy"));
        Assert.Contains($"musicgen-{task}.wav", whole.Header("Content-Disposition"), StringComparison.Ordinal);

        using var part = await browser.SendAsync(HttpMethod.Get, path, headers: [("Range", "bytes=44-1043")]);
        await part.MustBeAsync(HttpStatusCode.PartialContent);
        Assert.Equal(bytes[44..1044], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal($"bytes 44-1043/{bytes.Length}", part.Header("Content-Range"));

        using var same = await browser.SendAsync(HttpMethod.Get, path, headers: [("Range", "bytes=0-9"), ("If-Range", whole.Header("ETag")!)]);
        await same.MustBeAsync(HttpStatusCode.PartialContent);

        // Whatever isn't our tag, exactly, can't vouch for the bytes that the client has (RFC 9110, 13.1.5).
        foreach (var validator in (string[])["\"another\"", $"W/{whole.Header("ETag")}", $"{whole.Header("ETag")}x", "Wed, 21 Oct 2037 07:28:00 GMT", "nonsense", "*"])
        {
            using var stale = await browser.SendAsync(HttpMethod.Get, path, headers: [("Range", "bytes=0-9"), ("If-Range", validator)]);
            Assert.Equal((validator, HttpStatusCode.OK), (validator, stale.StatusCode));
            Assert.Equal((bytes.Length, "bytes"), ((int)stale.Content.Headers.ContentLength!, stale.Header("Accept-Ranges")));
        }

        using var beyond = await browser.SendAsync(HttpMethod.Get, path, headers: [("Range", "bytes=999999999-")]);
        await beyond.MustBeProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "audio.range");
        Assert.Equal($"bytes */{bytes.Length}", beyond.Header("Content-Range"));

        using var known = await browser.SendAsync(HttpMethod.Get, path, headers: [("If-None-Match", whole.Header("ETag")!)]);
        await known.MustBeAsync(HttpStatusCode.NotModified);

        using var head = await browser.SendAsync(HttpMethod.Head, path);
        await head.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(bytes.Length, head.Content.Headers.ContentLength);

        using var peaks = await browser.GetAsync($"/api/v1/generate/{task}/peaks?points=50");
        Assert.Equal(50, (await peaks.JsonAsync())["peaks"]!.AsArray().Count);
    }

    // Who has seen the end has nothing to come back for; who has seen less gets the end.
    private static async Task ResumeAsync(Browser browser, string task, string lastId)
    {
        using var over = await browser.SendAsync(HttpMethod.Get, $"/api/v1/generate/{task}/events", headers: [("Last-Event-ID", lastId)]);
        await over.MustBeAsync(HttpStatusCode.NoContent);

        Assert.Equal("completed", Assert.Single(await EventsAsync(browser, task, "0-0-0")).Type);
    }

    private static async Task<List<(string Type, string Id)>> EventsAsync(Browser browser, string task, string? lastId = null)
    {
        using var answer = await browser.SendAsync(
            HttpMethod.Get, $"/api/v1/generate/{task}/events", headers: lastId is null ? [] : [("Last-Event-ID", lastId)],
            completion: HttpCompletionOption.ResponseHeadersRead);
        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(new MediaTypeHeaderValue("text/event-stream", "utf-8"), answer.Content.Headers.ContentType);
        Assert.Equal("no", answer.Header("X-Accel-Buffering"));

        var events = new List<(string, string)>();
        var type = string.Empty;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                type = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                events.Add((type, line[4..]));
        }

        return events;
    }
}
