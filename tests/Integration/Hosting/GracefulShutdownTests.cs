using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Hosting;

/// <summary>A server that is told to stop by a signal, as a supervisor does.</summary>
[Collection(nameof(Alone))]
public sealed class GracefulShutdownTests
{
    private const int Songs = 6;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_gives_notice_sends_streams_elsewhere_and_loses_no_task()
    {
        await using var server = await ServerProcess.StartAsync(("SHUTDOWN_NOTICE_SECONDS", "2"), ("SHUTDOWN_GRACE_SECONDS", "12"));
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);
        var raised = await server.RunAsync("users", "set-tier", browser.Email, "enterprise");
        Assert.True(raised.ExitCode == 0, raised.Error);
        var tasks = new List<string>();
        for (var i = 0; i < Songs; i++)
            tasks.Add(await browser.StartAsync($"song {i}", duration: 60, seed: i));
        using var events = await browser.SendAsync(HttpMethod.Get, $"/api/v1/generate/{tasks[^1]}/events", completion: HttpCompletionOption.ResponseHeadersRead);
        using var kept = await browser.GetAsync("/health/ready");
        Assert.NotEqual(true, kept.Headers.ConnectionClose);

        var stopping = server.StopAsync();
        var ready = await UntilUnreadyAsync(browser);
        using var alive = await browser.GetAsync("/health/live");
        using var served = await browser.GetAsync("/api/v1/quota");
        using var said = new StreamReader(await events.Content.ReadAsStreamAsync(Ct));
        var last = await said.ReadToEndAsync(Ct);

        Assert.Equal("unhealthy", (await ready.JsonAsync())["checks"]!["nodes"]!.GetValue<string>());
        await alive.MustBeAsync(HttpStatusCode.OK);
        await served.MustBeAsync(HttpStatusCode.OK);
        Assert.All([ready, alive, served], a => Assert.True(a.Headers.ConnectionClose));
        Assert.Matches(@"\n\n: this server stops\nretry: \d{3}\n\n$", last);
        Assert.Equal(0, await stopping);

        await server.StartAgainAsync();
        var ended = await Task.WhenAll(tasks.Select(t => browser.WaitAsync(t, TimeSpan.FromMinutes(2))));
        Assert.All(ended, t => Assert.Equal("completed", t["status"]!.GetValue<string>()));
        Assert.DoesNotContain("lost its worker", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        await using var server = await ServerProcess.StartAsync(("SHUTDOWN_NOTICE_SECONDS", "60"), ("SHUTDOWN_GRACE_SECONDS", "120"));
        var stopping = server.StopAsync();
        await UntilUnreadyAsync(server.NewBrowser());
        await Task.Delay(TimeSpan.FromSeconds(1.2), Ct); // one that comes sooner is the same wish

        await server.SignalAsync("TERM");

        Assert.Equal(128 + 15, await stopping.WaitAsync(TimeSpan.FromSeconds(30), Ct));
    }

    private static async Task<HttpResponseMessage> UntilUnreadyAsync(Browser browser)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var answer = await browser.GetAsync("/health/ready");
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return answer;
            answer.Dispose();
            await Task.Delay(20, Ct);
        }

        throw new InvalidOperationException("A stopping server went on saying that it is ready.");
    }
}
