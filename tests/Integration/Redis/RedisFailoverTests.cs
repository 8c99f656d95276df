using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.Programs.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>A replica takes a lost primary's place: without a restart, and what was revoked stays revoked.</summary>
[Collection(nameof(Alone))]
public sealed class RedisFailoverTests : IDisposable
{
    private readonly string _certificates = Directory.CreateTempSubdirectory("musicgen-redis-tls-").FullName;

    private static (string, string)[] Generous { get; } =
        [("RATE_LIMIT_FREE_BURST", "1000"), ("RATE_LIMIT_FREE_MINUTE", "10000"), ("RATE_LIMIT_FREE_HOUR", "10000"), ("RATE_LIMIT_FREE_DAY", "10000")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_certificates, recursive: true);

    [Fact]
    public async Task With_sentinels_sessions_and_a_running_task_outlive_their_primary_and_a_revocation_that_it_took_along()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        Throwaway.Write(_certificates, "redis");
        await using var redis = await RedisWithSentinels.StartAsync(_certificates);
        foreach (var server in (RedisProcess[])[redis.Primary, redis.Replica])
            await server.AskAsync(LeastRights.OfServer);
        foreach (var sentinel in redis.AllSentinels)
            await sentinel.AskAsync(LeastRights.OfSentinel);
        await using var app = await MusicGenApp.StartAsync([
            ("REDIS_URL", redis.UrlOf("rediss", LeastRights.User, "sentinelUser=musicgen&sentinelPassword=PASSWORD")), ("REDIS_CA_FILE", Path.Combine(_certificates, "ca.pem")), .. Generous]);

        await redis.UntilReadyAsync();

        await OutlivesAsync(app, redis.Primary, redis.Replica);

        Assert.Contains("role:master", (await redis.Replica.AskAsync("INFO", "replication"))[0], StringComparison.Ordinal);
        await PersonsWay.WalkAsync(app);
    }

    private static async Task OutlivesAsync(MusicGenApp app, RedisProcess primary, RedisProcess replica)
    {
        using var browser = await app.RegisterAsync();
        using var other = app.NewBrowser();
        using (var again = await other.LoginAsync(browser.Email, browser.Password))
            await again.MustBeAsync(HttpStatusCode.OK);
        using var thief = other.Copy();
        var task = await browser.StartAsync("ambient pads", duration: 60);
        while ((await browser.TaskAsync(task))["steps_done"]!.GetValue<int>() == 0)
            await Task.Delay(20, Ct);

        // From here on the replica hears nothing, and what was on its way doesn't wait for it either.
        await replica.SignalAsync("STOP");
        await primary.AskAsync("CLIENT", "KILL", "TYPE", "replica");
        using (var end = await other.LogoutAsync())
            await end.MustBeAsync(HttpStatusCode.OK);
        await primary.KillAsync();
        await replica.SignalAsync("CONT");

        var start = Stopwatch.GetTimestamp();
        var refused = 0;
        while (true)
        {
            using var theirs = await thief.GetAsync("/api/v1/quota");
            Assert.True(theirs.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.ServiceUnavailable, $"The ended session got {theirs.StatusCode}.");
            using var mine = await browser.GetAsync("/api/v1/quota");
            if (mine.StatusCode == HttpStatusCode.OK)
                break;
            await mine.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
            refused++;
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15), $"No answer within 15 s. {app.Services.GetRequiredService<RedisConnections>().Refusal}");
            await Task.Delay(20, Ct);
        }

        Assert.NotEqual(0, refused);
        using (var theirs = await thief.GetAsync("/api/v1/quota"))
            await theirs.MustBeAsync(HttpStatusCode.Unauthorized);
        using (var signIn = await app.NewBrowser().LoginAsync(browser.Email, browser.Password))
            await signIn.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("completed", (await browser.WaitAsync(task))["status"]!.GetValue<string>());
        Assert.NotEmpty(await browser.AudioAsync(task));
        Assert.Equal(60, (await browser.GetJsonAsync("/api/v1/quota"))["audio_seconds"]!["used"]!.GetValue<double>()); // charged once, for the one end
    }
}
