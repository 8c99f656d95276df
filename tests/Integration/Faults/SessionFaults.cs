using System.Net;
using System.Net.Http.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Faults;

/// <summary>What the original service did wrong with sessions and their tokens, by the number of the fault.</summary>
public sealed class SessionFaults(EdgeApp edge, RedisServers servers)
{
    // The released files imported modules that were not there.
    [Fact]
    public async Task Fault_01_the_built_program_starts_as_an_operator_starts_it_and_lets_people_in()
    {
        await using var server = await ServerProcess.StartAsync(
            ("ENVIRONMENT", "production"), ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"), ("PUBLIC_URL", "https://music.test"),
            ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"));
        using var browser = server.NewBrowser();

        using var ready = await browser.GetAsync("/health/ready");
        using var models = await browser.GetAsync("/api/v1/models");

        await ready.MustBeAsync(HttpStatusCode.OK);
        await models.MustBeAsync(HttpStatusCode.OK);
    }

    // Cookies were read by one endpoint only.
    [Theory]
    [InlineData("/api/auth/session")]
    [InlineData("/api/auth/sessions")]
    [InlineData("/api/auth/tokens")]
    [InlineData("/api/auth/factors")]
    [InlineData("/api/v1/quota")]
    [InlineData("/api/v1/generate")]
    public async Task Fault_04_the_cookie_of_a_sign_in_opens_every_endpoint(string path)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        await answer.MustBeAsync(HttpStatusCode.OK);
        if (path == "/api/auth/session")
            Assert.True((await answer.JsonAsync())["authenticated"]!.GetValue<bool>());
    }

    // After a refresh the token had an empty name, the free tier and no verification, and its own verifier refused it.
    [Fact]
    public async Task Fault_05_after_a_refresh_the_user_is_who_they_were()
    {
        using var browser = await edge.RegisterAsync();
        var user = (await browser.SessionAsync())["user"]!.ToJsonString();
        var before = await ForgedToken.OfAsync(browser, edge.App);

        using var refreshed = await browser.RefreshAsync();
        await refreshed.MustBeAsync(HttpStatusCode.OK);

        Assert.Equal(user, (await browser.SessionAsync())["user"]!.ToJsonString());
        Assert.Contains(browser.Email, user, StringComparison.Ordinal);
        var after = await ForgedToken.OfAsync(browser, edge.App);
        Assert.Equal(before.Payload.Select(c => c.Key), after.Payload.Select(c => c.Key));
        foreach (var claim in before.Payload.Select(c => c.Key).Except(["iat", "nbf", "exp", "jti", "ctr"]))
            Assert.Equal(before.Payload[claim]!.ToJsonString(), after.Payload[claim]!.ToJsonString());
        using var quota = await browser.GetAsync("/api/v1/quota");
        await quota.MustBeAsync(HttpStatusCode.OK);
    }

    // The library ignored the list of claims that must be there.
    [Theory]
    [InlineData("exp")]
    [InlineData("jti")]
    [InlineData("aud")]
    public async Task Fault_07_a_token_without_its_end_its_id_or_its_audience_opens_nothing(string claim)
    {
        using var browser = await edge.RegisterAsync();
        var token = await ForgedToken.OfAsync(browser, edge.App);
        Assert.True(token.Payload.Remove(claim));
        using var script = edge.NewBrowser();

        using var answer = await script.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Authorization", $"Bearer {token.Sign()}")]);

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    // Log-out saw no refresh cookie, so the family lived on, and it failed with an access token that was over.
    [Fact]
    public async Task Fault_08_log_out_ends_the_family_also_with_an_access_token_that_is_over()
    {
        using var browser = await edge.RegisterAsync();
        using var thief = browser.Copy();
        var token = await ForgedToken.OfAsync(browser, edge.App);
        token.Payload["exp"] = DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeSeconds();
        browser.ForgetCookie("auth_token");
        browser.ForgetCookie("refresh_token"); // the expired access token alone must do
        browser.Cookies.Add(new Cookie("auth_token", token.Sign(), "/", browser.Server.Host));

        using var answer = await browser.LogoutAsync();
        await answer.MustBeAsync(HttpStatusCode.OK);

        using var refresh = await thief.RefreshAsync();
        await refresh.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_invalid");
        using var quota = await thief.GetAsync("/api/v1/quota");
        await quota.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
    }

    // Reuse was a plain 401, two refreshes at once made two families, and remember_me was gone after the first.
    [Fact]
    public async Task Fault_09_reuse_kills_the_family_racers_share_it_and_being_remembered_lasts()
    {
        using var browser = await edge.RegisterAsync();
        using (var remembered = await browser.LoginAsync(remember: true))
            await remembered.MustBeAsync(HttpStatusCode.OK);
        using var thief = browser.Copy();

        var tabs = Enumerable.Range(0, 6).Select(_ => browser.Copy()).ToList();
        var answers = await Task.WhenAll(tabs.Select(t => t.RefreshAsync()));
        foreach (var answer in answers)
        {
            await answer.MustBeAsync(HttpStatusCode.OK);
            Assert.Contains(answer.Headers.GetValues("Set-Cookie"), c => c.StartsWith("refresh_token=", StringComparison.Ordinal) && c.Contains("max-age=2592000", StringComparison.OrdinalIgnoreCase));
        }

        Assert.Single(tabs.Select(t => t.Cookie("refresh_token")).Distinct());
        using (var second = await tabs[0].RefreshAsync())
            await second.MustBeAsync(HttpStatusCode.OK);

        using var stolen = await thief.RefreshAsync();
        await stolen.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_reused");
        using var next = await tabs[0].GetAsync("/api/v1/quota");
        await next.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        tabs.ForEach(t => t.Dispose());
    }

    // Without Redis the blacklist, the sessions and the lock-out were switched off in silence.
    [Fact]
    public async Task Fault_10_without_Redis_nobody_is_let_in_and_nothing_is_forgotten()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-fault-").FullName;
        await using var redis = await RunningRedis.StartAsync(RedisKind.Redis, folder);
        await using var app = await MusicGenApp.StartAsync(("REDIS_URL", redis.ConnectionString));
        using var browser = await app.RegisterAsync();
        using var ended = app.NewBrowser();
        using (var second = await ended.LoginAsync(browser.Email))
            await second.MustBeAsync(HttpStatusCode.OK);
        using var revoked = ended.Copy();
        using (var out_ = await ended.LogoutAsync())
            await out_.MustBeAsync(HttpStatusCode.OK);

        await redis.KillAsync();
        foreach (var one in (Browser[])[browser, revoked])
        {
            using var quota = await one.GetAsync("/api/v1/quota");
            await quota.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
            using var refresh = await one.RefreshAsync();
            await refresh.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
        }

        await using (await RunningRedis.StartAsync(RedisKind.Redis, folder, redis))
        {
            await EventuallyAsync(async () =>
            {
                using var quota = await browser.GetAsync("/api/v1/quota");
                return quota.StatusCode == HttpStatusCode.OK;
            });
            using var dead = await revoked.GetAsync("/api/v1/quota");
            await dead.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        }

        Directory.Delete(folder, recursive: true);
    }

    // No endpoint asked the sessions, and signing out everywhere had no route.
    [Fact]
    public async Task Fault_11_every_device_is_listed_and_signed_out_at_once()
    {
        using var browser = await edge.RegisterAsync();
        using var phone = edge.NewBrowser();
        using (var answer = await phone.LoginAsync(browser.Email))
            await answer.MustBeAsync(HttpStatusCode.OK);
        using var list = await browser.GetAsync("/api/auth/sessions");
        Assert.Equal(2, (await list.JsonAsync())["items"]!.AsArray().Count);

        using var all = await browser.PostAsync("/api/auth/logout-all");
        await all.MustBeAsync(HttpStatusCode.OK);

        Assert.Equal(2, (await all.JsonAsync())["revoked"]!.GetValue<int>());
        using var refused = await phone.GetAsync("/api/v1/quota");
        await refused.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
    }

    // A session was read and written back, which undid a deletion in between.
    [Fact]
    public async Task Fault_12_requests_under_way_bring_no_session_back()
    {
        for (var round = 0; round < 5; round++)
        {
            using var browser = await edge.RegisterAsync();
            using var busy = browser.Copy();

            var requests = Enumerable.Range(0, 20).Select(_ => busy.GetAsync("/api/v1/quota")).ToList();
            using var out_ = await browser.LogoutAsync();
            await out_.MustBeAsync(HttpStatusCode.OK);
            using var after = await busy.GetAsync("/api/v1/quota");
            foreach (var answer in await Task.WhenAll(requests))
                answer.Dispose();
            using var late = await busy.GetAsync("/api/v1/quota");

            await after.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
            await late.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        }
    }

    // The newest sign-in set the life of the list, so that a short one hid a long one.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Fault_13_a_short_session_hides_no_long_one_from_signing_out_everywhere(RedisKind kind)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var node = new SessionNode(await servers.NodeAsync(kind), clock);
        var user = SessionNode.NewUser();
        var tablet = await node.OpenAsync(user, remembered: true);
        await node.OpenAsync(user);
        Assert.InRange((await node.Database.KeyTimeToLiveAsync(RedisKeys.Sessions(user.Id)))!.Value, TimeSpan.FromDays(29), TimeSpan.FromDays(30));

        clock.Advance(SessionNode.Policy.Idle + TimeSpan.FromDays(1));

        Assert.Equal([tablet.Id], (await node.Sessions.ListAsync(user.Id, CancellationToken.None)).Select(s => s.Id));
        Assert.Equal(1, await node.Sessions.CloseAllAsync(user.Id, except: null, CancellationToken.None));
        Assert.False(await node.Sessions.IsAliveAsync(user.Id, tablet.Id, CancellationToken.None));
    }

    // Any pair of equal values passed, and signing in, refreshing and migrating asked for none.
    [Fact]
    public async Task Fault_14_a_csrf_token_is_a_sessions_own_and_signing_in_asks_for_one_too()
    {
        using var browser = await edge.RegisterAsync();
        using var other = await edge.RegisterAsync();

        foreach (var (token, code) in new[] { (other.Cookie("csrf_token")!, "csrf.invalid"), (new string('a', 43), "csrf.invalid") })
        {
            using var planted = browser.Copy();
            planted.ForgetCookie("csrf_token");
            planted.Cookies.Add(new Cookie("csrf_token", token, "/", planted.Server.Host));
            using var answer = await planted.SendAsync(HttpMethod.Post, "/api/auth/refresh", csrf: false, headers: [("X-CSRF-Token", token)]);
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, code);
        }

        foreach (var path in (string[])["/api/auth/login", "/api/auth/register", "/api/auth/refresh"])
        {
            using var stranger = edge.NewBrowser();
            using var answer = await stranger.SendAsync(HttpMethod.Post, path, JsonContent.Create(new { email = browser.Email, password = browser.Password }), csrf: false);
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.missing");
        }

        // A token from before the sign-in is worth nothing after it.
        using var before = edge.NewBrowser();
        var early = await before.FetchTokenAsync();
        using var signedIn = await before.LoginAsync(browser.Email);
        await signedIn.MustBeAsync(HttpStatusCode.OK);
        Assert.NotEqual(early, before.Cookie("csrf_token"));
    }

    // Everybody was free, by address.
    [Fact]
    public async Task Fault_20_a_tier_is_its_users_at_the_next_request_and_wherever_they_are()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var browser = await app.RegisterAsync();
        using var elsewhere = browser.Copy("203.0.113.99");

        var changed = await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(browser.Email, "enterprise")));
        Assert.True(changed.IsSuccess);

        foreach (var one in (Browser[])[browser, elsewhere])
        {
            using var answer = await one.GetAsync("/api/v1/quota");
            await answer.MustBeAsync(HttpStatusCode.OK);
            Assert.Equal("enterprise", answer.Header("X-RateLimit-Tier"));
            Assert.Equal("300", answer.Header("X-RateLimit-Minute-Limit"));
        }
    }

    // Anybody could read and stop anybody's work; sessions, too, are their owner's.
    [Fact]
    public async Task Fault_25_what_is_another_users_is_not_there()
    {
        using var owner = await edge.RegisterAsync();
        using var stranger = await edge.RegisterAsync();
        var task = await owner.StartAsync("calm piano");
        using var list = await owner.GetAsync("/api/auth/sessions");
        var session = (await list.JsonAsync())["items"]![0]!["id"]!.GetValue<string>();

        using var read = await stranger.GetAsync($"/api/v1/generate/{task}");
        await read.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        using var heard = await stranger.GetAsync($"/api/v1/generate/{task}/audio");
        await heard.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        using var deleted = await stranger.DeleteAsync($"/api/v1/generate/{task}");
        await deleted.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        using var ended = await stranger.DeleteAsync($"/api/auth/sessions/{session}");
        await ended.MustBeProblemAsync(HttpStatusCode.NotFound, "session.not_found");

        Assert.True((await owner.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.Equal(task, (await owner.TaskAsync(task))["task_id"]!.GetValue<string>());
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var attempt = 0; !await condition(); attempt++)
        {
            Assert.True(attempt < 200, "It didn't come true within ten seconds.");
            await Task.Delay(50);
        }
    }
}
