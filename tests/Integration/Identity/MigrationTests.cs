using System.Net;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;
using MusicGen.Tests.Support;

namespace MusicGen.Integration.Identity;

/// <summary>POST /api/auth/migrate over the wire, as a page of the original service calls it once.</summary>
public sealed class MigrationTests : IAsyncLifetime
{
    private readonly LegacyTokenMaker _original = new(LegacyTokenMaker.Secret, DateTimeOffset.UtcNow);
    private MusicGenApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await MusicGenApp.StartAsync(
        ("AUTH_LEGACY_MIGRATION_UNTIL", DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)),
        ("AUTH_LEGACY_JWT_SECRET", LegacyTokenMaker.Secret), ("RATE_LIMIT_FREE_BURST", "30"), ("RATE_LIMIT_FREE_MINUTE", "100"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("access_token", "refresh_token")]
    [InlineData("accessToken", "refreshToken")]
    public async Task A_pair_in_either_spelling_signs_in_with_cookies_and_works_once(string accessName, string refreshName)
    {
        using var account = await _app.RegisterAsync();
        using var browser = _app.NewBrowser();
        var body = Body(accessName, refreshName, account.Email);

        using var answer = await browser.PostAsync("/api/auth/migrate", body);

        await answer.MustBeAsync(HttpStatusCode.OK);
        var json = await answer.JsonAsync();
        Assert.True(json["success"]!.GetValue<bool>());
        Assert.Equal("free", json["user"]!["tier"]!.GetValue<string>());
        Assert.DoesNotContain("token\"", json.ToJsonString().Replace("csrfToken", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        foreach (var cookie in new[] { "auth_token", "refresh_token", "csrf_token" })
            Assert.NotNull(browser.Cookie(cookie));
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());

        using var thief = _app.NewBrowser();
        using var again = await thief.PostAsync("/api/auth/migrate", body);
        await again.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    [Fact]
    public async Task The_session_ends_no_later_than_the_refresh_token_however_often_it_is_refreshed()
    {
        using var account = await _app.RegisterAsync();
        using var browser = _app.NewBrowser();
        var refresh = _original.Refresh();
        var ends = DateTimeOffset.UtcNow.AddHours(2);
        refresh["exp"] = LegacyTokenMaker.Seconds(ends);

        using var answer = await browser.PostAsync("/api/auth/migrate", Body("access_token", "refresh_token", account.Email, refresh));
        await browser.FetchTokenAsync();
        using var refreshed = await browser.RefreshAsync();

        await refreshed.MustBeAsync(HttpStatusCode.OK);
        foreach (var set in new[] { answer, refreshed })
        {
            var cookie = set.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("refresh_token=", StringComparison.Ordinal));
            var age = int.Parse(cookie.Split("max-age=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(age, 7100, 7201);
        }
    }

    [Fact]
    public async Task Of_parallel_requests_with_one_pair_one_wins()
    {
        using var account = await _app.RegisterAsync();
        var body = Body("access_token", "refresh_token", account.Email);
        var browsers = Enumerable.Range(0, 6).Select(_ => _app.NewBrowser()).ToArray();
        foreach (var browser in browsers)
            await browser.FetchTokenAsync();

        var answers = await Task.WhenAll(browsers.Select(b => b.PostAsync("/api/auth/migrate", body)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
            await loser.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        foreach (var browser in browsers)
            browser.Dispose();
    }

    [Fact]
    public async Task A_password_change_here_ends_the_originals_tokens()
    {
        using var account = await _app.RegisterAsync();
        using var changed = await account.PostAsync("/api/auth/change-password", new { current_password = account.Password, new_password = "another teapot in orbit" });
        await changed.MustBeAsync(HttpStatusCode.OK);

        await MustBeRefusedAsync(account);
    }

    [Fact]
    public async Task It_needs_the_CSRF_token_a_body_and_is_counted_strictly()
    {
        using var browser = _app.NewBrowser();
        using var bare = await browser.SendAsync(HttpMethod.Post, "/api/auth/migrate", csrf: false);
        await bare.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.missing");
        using var empty = await browser.PostAsync("/api/auth/migrate", new { });
        await empty.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal(["access_token", "refresh_token"], (await empty.JsonAsync())["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));

        var codes = new List<string?>();
        for (var i = 0; i < 10; i++)
        {
            using var guess = await browser.PostAsync("/api/auth/migrate", new { access_token = "a.b.c", refresh_token = "a.b.c" });
            codes.Add(await guess.CodeAsync());
        }

        Assert.Equal([.. Enumerable.Repeat("auth.token_invalid", 9), "rate_limit.exceeded"], codes);
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_and_the_session_that_follows_ends_with_the_token()
    {
        using var account = await _app.RegisterAsync();
        await PersonalTokenTests.StepUpAsync(account);
        using var begun = await account.PostAsync("/api/auth/factors/totp");
        var secret = (await begun.JsonAsync())["secret"]!.GetValue<string>();
        var totp = new OtpNet.Totp(OtpNet.Base32Encoding.ToBytes(secret));
        using var confirmed = await account.PostAsync("/api/auth/factors/totp/confirm", new { code = totp.ComputeTotp() });
        var recovery = (await confirmed.JsonAsync())["recovery_codes"]![0]!.GetValue<string>();
        using var browser = _app.NewBrowser();
        var refresh = _original.Refresh();
        refresh["exp"] = LegacyTokenMaker.Seconds(DateTimeOffset.UtcNow.AddHours(2));

        using var asked = await browser.PostAsync("/api/auth/migrate", Body("access_token", "refresh_token", account.Email, refresh));

        var question = await asked.JsonAsync();
        Assert.False(question["success"]!.GetValue<bool>());
        Assert.Null(browser.Cookie("auth_token"));
        using var finished = await browser.PostAsync("/api/auth/login/second-factor", new { challenge = question["challenge"]!.GetValue<string>(), recovery_code = recovery });
        await finished.MustBeAsync(HttpStatusCode.OK);
        Assert.Contains(finished.Headers.GetValues("Set-Cookie"), c =>
            c.StartsWith("refresh_token=", StringComparison.Ordinal) && int.Parse(c.Split("max-age=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture) <= 7200);
    }

    private async Task MustBeRefusedAsync(Browser account)
    {
        using var browser = _app.NewBrowser();
        using var answer = await browser.PostAsync("/api/auth/migrate", Body("access_token", "refresh_token", account.Email));
        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    private JsonObject Body(string accessName, string refreshName, string email, JsonObject? refresh = null) => new()
    {
        [accessName] = _original.Sign(_original.Access(email)),
        [refreshName] = _original.Sign(refresh ?? _original.Refresh()),
    };
}

/// <summary>The same where the operator hasn't opened it.</summary>
public sealed class MigrationClosedTests(Edge.EdgeApp edge)
{
    [Fact]
    public async Task Without_a_day_in_the_future_there_is_no_such_route_whatever_is_sent()
    {
        using var browser = edge.NewBrowser();

        foreach (var body in new object[] { new { }, new { access_token = "a", refresh_token = "b" }, new { nonsense = 1 } })
        {
            using var answer = await browser.PostAsync("/api/auth/migrate", body);
            await answer.MustBeProblemAsync(HttpStatusCode.NotFound, "route.not_found");
        }
    }
}
