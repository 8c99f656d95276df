using System.Net;
using MusicGen.Integration.Inference;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>GET /stream over HTTP: a song of a small network, which takes seconds, and the composer's, which doesn't.</summary>
[Collection(Reference.Torch)]
public sealed class LiveSoundTests(EdgeApp edge)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_composed_piece_streams_the_bytes_of_its_file_before_and_after_it_is_there()
    {
        using var browser = await edge.RegisterAsync();
        var task = await StartAsync(browser, new { prompt = "happy ukulele", duration = 20, seed = 3, normalize = "none", model = "embedded-composer" });

        var live = await Task.WhenAll(StreamAsync(browser, task), StreamAsync(browser, task));
        await browser.WaitAsync(task);
        var file = await browser.AudioAsync(task);

        Assert.Equal(file, live[0]);
        Assert.Equal(file, live[1]);
        using var late = await browser.GetAsync(PathOf(task));
        Assert.Equal(file, await late.Content.ReadAsByteArrayAsync(Ct));
        Assert.NotNull(late.Headers.ETag);
        using var part = await browser.SendAsync(HttpMethod.Get, PathOf(task), headers: [("Range", "bytes=44-143")]);
        await part.MustBeAsync(HttpStatusCode.PartialContent);
        Assert.Equal(file[44..144], await part.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task A_networks_song_is_heard_before_it_is_made_and_cut_off_when_it_is_cancelled()
    {
        Reference.NeedTorch();
        using var models = new ModelFolders("stereo");
        await using var app = await MusicGenApp.StartAsync(("MODEL_PATH", models.Path), ("INFERENCE_DEVICE", "cpu"));
        using var browser = await app.RegisterAsync();
        var task = await StartAsync(browser, new { prompt = "a calm piano", duration = 8.37, seed = 3, normalize = "none", model = "acme/stereo" });

        using var answer = await browser.SendAsync(HttpMethod.Get, PathOf(task), completion: HttpCompletionOption.ResponseHeadersRead);
        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(("audio/wav", 44 + (267_840 * 4)), (answer.Content.Headers.ContentType?.ToString(), answer.Content.Headers.ContentLength));
        Assert.Equal(("no", "none", "no-store"), (answer.Header("X-Accel-Buffering"), answer.Header("Accept-Ranges"), answer.Header("Cache-Control")));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        await using var sound = await answer.Content.ReadAsStreamAsync(Ct);
        var heard = new byte[answer.Content.Headers.ContentLength!.Value];
        await sound.ReadExactlyAsync(heard.AsMemory(0, 44 + 1000), Ct);
        var meanwhile = await browser.TaskAsync(task);
        await sound.ReadExactlyAsync(heard.AsMemory(44 + 1000), Ct);
        var done = await browser.WaitAsync(task);

        Assert.Equal("processing", meanwhile["status"]!.GetValue<string>());
        Assert.Equal("completed", done["status"]!.GetValue<string>());
        Assert.Equal(await browser.AudioAsync(task), heard);

        var long_ = await StartAsync(browser, new { prompt = "a calm piano", duration = 60, normalize = "none", model = "acme/stereo" });
        using var cut = await browser.SendAsync(HttpMethod.Get, PathOf(long_), completion: HttpCompletionOption.ResponseHeadersRead);
        await using var begun = await cut.Content.ReadAsStreamAsync(Ct);
        await begun.ReadExactlyAsync(heard.AsMemory(0, 44 + 1000), Ct);
        using var cancelled = await browser.PostAsync($"/api/v1/generate/{long_}/cancel");
        await cancelled.MustBeAsync(HttpStatusCode.OK);

        await Assert.ThrowsAnyAsync<IOException>(async () => await begun.CopyToAsync(Stream.Null, Ct));
        using var after = await browser.GetAsync(PathOf(long_));
        await after.MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_completed");
    }

    [Fact]
    public async Task A_sound_whose_level_is_that_of_the_whole_is_no_stream()
    {
        using var browser = await edge.RegisterAsync();
        var task = await browser.StartAsync("calm piano");

        using var running = await browser.GetAsync(PathOf(task));
        await running.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.stream_needs_fixed_gain");
        await browser.WaitAsync(task);
        using var finished = await browser.GetAsync(PathOf(task));
        await finished.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.stream_needs_fixed_gain");
    }

    [Fact]
    public async Task Streams_of_sound_and_of_events_share_a_users_ten_places_and_give_them_back()
    {
        Reference.NeedTorch();
        using var models = new ModelFolders("mono");
        await using var app = await MusicGenApp.StartAsync(("MODEL_PATH", models.Path), ("INFERENCE_DEVICE", "cpu"), ("QUEUE_FREE_WORKERS", "1"));
        using var browser = await app.RegisterAsync();
        var ahead = await StartAsync(browser, new { prompt = "calm piano", duration = 60 });
        var task = await StartAsync(browser, new { prompt = "calm piano", duration = 60, normalize = "none" });
        using var leave = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 9).Select(_ => Task.Run(() => WaitForAsync(app, browser, task, leave.Token), Ct)).ToList();
        using var events = await browser.SendAsync(HttpMethod.Get, $"/api/v1/generate/{task}/events", completion: HttpCompletionOption.ResponseHeadersRead);
        await events.MustBeAsync(HttpStatusCode.OK);

        await RefusedSoonAsync(browser, task);

        await leave.CancelAsync();
        Assert.All(await Task.WhenAll(waiting), w => Assert.Null(w)); // none was answered: the task hasn't begun
        using var cancelled = await browser.PostAsync($"/api/v1/generate/{task}/cancel");
        using var cancelledToo = await browser.PostAsync($"/api/v1/generate/{ahead}/cancel");
        using var free = await browser.GetAsync(PathOf(task));
        await free.MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_completed");
    }

    private static string PathOf(string task) => $"/api/v1/generate/{task}/stream";

    private static async Task<string> StartAsync(Browser browser, object request)
    {
        using var answer = await browser.GenerateAsync(request);
        await answer.MustBeAsync(HttpStatusCode.Accepted);
        return (await answer.JsonAsync())["task_id"]!.GetValue<string>();
    }

    private static async Task<byte[]> StreamAsync(Browser browser, string task)
    {
        using var answer = await browser.GetAsync(PathOf(task));
        await answer.MustBeAsync(HttpStatusCode.OK);
        return await answer.Content.ReadAsByteArrayAsync(Ct);
    }

    // A place is taken while its request is on the way, so the eleventh may have to come again.
    private static async Task RefusedSoonAsync(Browser browser, string task)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            var eleventh = await WaitForAsync(null, browser, task, patience.Token);
            if (eleventh is not null)
            {
                Assert.Equal((HttpStatusCode.TooManyRequests, true), (eleventh.StatusCode, eleventh.Headers.RetryAfter is not null));
                return;
            }
        }

        Assert.Fail("An eleventh stream was never refused.");
    }

    /// <returns>The answer; null where none came before the listener left.</returns>
    private static async Task<HttpResponseMessage?> WaitForAsync(MusicGenApp? app, Browser browser, string task, CancellationToken leave)
    {
        using var handler = new HttpClientHandler { CookieContainer = browser.Cookies };
        using var http = new HttpClient(handler) { BaseAddress = app?.Address ?? browser.Server };
        try
        {
            return await http.GetAsync(new Uri(PathOf(task), UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return null;
        }
    }
}
