using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>A Redis that is gone, and one that hangs, which gives no error at all: each endpoint has its answer, at once.</summary>
public class RedisOutageTests
{
    /// <summary>The answer is due within 100 ms; a busy machine gets room, but less than any timeout of the client library's.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, InlineData("killed"), InlineData("hanging")]
    public async Task Every_endpoint_refuses_whoever_has_a_session_and_goes_on_when_Redis_is_back(string outage)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS") is { Length: > 0 }, "It doesn't depend on which Redis the others use.");
        var folder = Directory.CreateTempSubdirectory("musicgen-outage-").FullName;
        await using var redis = await RunningRedis.StartAsync(RedisKind.Redis, folder);
        await using var app = await MusicGenApp.StartAsync(("REDIS_URL", redis.ConnectionString), ("REDIS_PATIENCE_MS", "70"));
        using var browser = await app.RegisterAsync();
        using var stranger = app.NewBrowser();
        await stranger.FetchTokenAsync();

        await using var passing = new Outage(redis, folder);
        await passing.BeginAsync(outage);
        Assert.InRange(await WalkAsync(app, browser), TimeSpan.Zero, AtOnce);
        await StrangersMayReadAsync(stranger);
        await OperatorsSeeItAsync(stranger);
        await passing.EndAsync(outage);

        await BackWithinFiveSecondsAsync(browser, "/api/v1/quota");
        await BackWithinFiveSecondsAsync(stranger, "/health/ready");
    }

    /// <returns>How long the slowest refusal took.</returns>
    private static async Task<TimeSpan> WalkAsync(MusicGenApp app, Browser browser)
    {
        var slowest = TimeSpan.Zero;
        foreach (var (method, path) in Endpoints(app))
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await browser.SendAsync(new HttpMethod(method), path, method is "GET" or "HEAD" ? null : JsonContent.Create(new { }));
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
            await MustBeOutageAsync(answer, method);
        }

        return slowest;
    }

    // What is public is read on, under a limit of this node's own; what changes something is not begun.
    private static async Task StrangersMayReadAsync(Browser stranger)
    {
        foreach (var path in (string[])["/api/v1/models", "/api/auth/session", "/api/auth/csrf-token"])
        {
            using var read = await stranger.GetAsync(path);
            await read.MustBeAsync(HttpStatusCode.OK);
        }

        using var login = await stranger.LoginAsync("nobody@example.org");
        await MustBeOutageAsync(login, "POST");
    }

    private static async Task OperatorsSeeItAsync(Browser stranger)
    {
        using var ready = await stranger.GetAsync("/health/ready");
        await ready.MustBeAsync(HttpStatusCode.ServiceUnavailable);
        var checks = (await ready.JsonAsync())["checks"]!;
        Assert.Equal(("unhealthy", "healthy"), (checks["redis"]!.GetValue<string>(), checks["database"]!.GetValue<string>()));
        foreach (var path in (string[])["/health/live", "/", "/docs/", "/openapi/v1.json", "/.well-known/jwks.json"])
        {
            using var answer = await stranger.GetAsync(path);
            await answer.MustBeAsync(HttpStatusCode.OK);
        }
    }

    private static async Task BackWithinFiveSecondsAsync(Browser browser, string path)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var answer = await browser.GetAsync(path);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            await answer.MustBeAsync(HttpStatusCode.ServiceUnavailable); // until then nothing else is said
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "It took more than five seconds.");
            await Task.Delay(20, Ct);
        }
    }

    private static async Task MustBeOutageAsync(HttpResponseMessage answer, string method)
    {
        await answer.MustBeAsync(HttpStatusCode.ServiceUnavailable);
        Assert.True(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture) > 0);
        if (method != "HEAD")
            Assert.Equal("service.unavailable", await answer.CodeAsync());
    }

    private static List<(string Method, string Path)> Endpoints(MusicGenApp app)
    {
        var found = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<ControllerActionDescriptor>() is not null && e.RoutePattern.RawText!.StartsWith("api/", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(m => (m, "/" + Regex.Replace(e.RoutePattern.RawText!, @"\{[^}]*\}", "0190a000-0000-7000-8000-000000000000"))))
            .ToList();
        Assert.True(found.Count >= 50, "The walk found too little.");
        return found;
    }

    /// <summary>Something that happens to a Redis, and passes.</summary>
    private sealed class Outage(RunningRedis redis, string folder) : IAsyncDisposable
    {
        private RunningRedis? _next;
        private bool _hangs;

        public async Task BeginAsync(string kind)
        {
            _hangs = kind == "hanging";
            if (_hangs)
                await SignalAsync("STOP");
            else
                await redis.KillAsync();
        }

        public async Task EndAsync(string kind)
        {
            if (kind == "hanging")
                await SignalAsync("CONT");
            else
                _next = await RunningRedis.StartAsync(RedisKind.Redis, folder, redis);
        }

        // A server that stops while Redis hangs would wait for it as long as it may.
        public async ValueTask DisposeAsync()
        {
            if (_hangs)
                await SignalAsync("CONT");
            if (_next is not null)
                await _next.DisposeAsync();
        }

        private async Task SignalAsync(string signal)
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{redis.ProcessId}"]);
            await kill.WaitForExitAsync(Ct);
        }
    }
}
