using System.Net;
using System.Text.RegularExpressions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Configuration;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>The Redis user of docs/connections.md: with its rights the whole product works, and beyond the product it may nothing.</summary>
public sealed partial class LeastRightsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_documented_user_suffices_for_a_persons_whole_way_and_for_nothing_else()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var folder = Directory.CreateTempSubdirectory("musicgen-acl-").FullName;
        await using var redis = await RunningRedis.StartAsync(RedisKind.Redis, folder);
        await using (var admin = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(redis.ConnectionString)))
        {
            var rights = Recipe().Match(await File.ReadAllTextAsync(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "docs", "connections.md"), Ct)).Groups["rights"].Value;
            await admin.GetDatabase().ExecuteAsync("ACL", ["SETUSER", .. rights.Split(' ').Select(r => (object)r)]);
            var address = $"{redis.ConnectionString.Split(',')[0]},user=musicgen,password=PASSWORD";
            await admin.GetDatabase().ExecuteAsync("ACL", "LOG", "RESET");

            await using (var app = await MusicGenApp.StartAsync(("REDIS_URL", address), ("RATE_LIMIT_FREE_BURST", "30")))
            {
                using var browser = await app.RegisterAsync();
                var task = await browser.WaitAsync(await browser.StartAsync("calm piano"));
                Assert.Equal("completed", task["status"]!.GetValue<string>());
                using (var events = await browser.GetAsync($"/api/v1/generate/{task["task_id"]}/events"))
                    await events.MustBeAsync(HttpStatusCode.OK);
                (await browser.RefreshAsync()).Dispose();
                await browser.GetJsonAsync("/api/auth/sessions");
                await browser.GetJsonAsync("/api/v1/quota");
                using (var step = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password }))
                    await step.MustBeAsync(HttpStatusCode.OK);
                using (var export = await browser.PostAsync("/api/v1/account/export"))
                    await export.MustBeAsync(HttpStatusCode.Accepted);
                using (var made = await browser.PostAsync("/api/auth/tokens", new { name = "script", scopes = (string[])["read"], expires_in_days = 1 }))
                    await made.MustBeAsync(HttpStatusCode.Created);
                using (var wrong = await app.NewBrowser().LoginAsync(browser.Email, "a wrong password of some length"))
                    await wrong.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
                using (var health = await browser.GetAsync("/health/ready"))
                    await health.MustBeAsync(HttpStatusCode.OK);
                using (var end = await browser.PostAsync("/api/auth/logout-all", new { end_tokens = true }))
                    await end.MustBeAsync(HttpStatusCode.OK);
            }

            var refused = (RedisResult[])(await admin.GetDatabase().ExecuteAsync("ACL", "LOG"))!;
            Assert.Equal(["config|get"], refused.Select(e => ((RedisResult[])e!)[7].ToString()).Distinct());

            var options = RedisConnectionString.Parse(address);
            options.AllowAdmin = true; // or the client itself would refuse
            await using var user = await ConnectionMultiplexer.ConnectAsync(options);
            foreach (var command in (string[])["FLUSHALL", "FLUSHDB", "SHUTDOWN", "KEYS *", "CONFIG GET *", "CONFIG SET dir /tmp", "ACL LIST", "SAVE", "REPLICAOF NO ONE", "MODULE LIST", "SCRIPT KILL", "SET other 1", "GET other", "EVAL return(redis.call('set','other','1')) 0"])
            {
                var words = command.Split(' ');
                var no = await Assert.ThrowsAnyAsync<Exception>(() => user.GetDatabase().ExecuteAsync(words[0], words[1..].Select(w => (object)w).ToArray()));
                Assert.Matches("NOPERM|can't access|ACL failure", no.ToString()); // the latter two from within a script
            }
        }

        await redis.KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex(@"ACL SETUSER (?<rights>musicgen on [^\n]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Recipe();
}
