using System.Net;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>The whole journey of a browser's session.</summary>
public class CookieAuthTests(EdgeApp edge)
{
    [Fact]
    public async Task From_registration_to_log_out()
    {
        using var browser = edge.NewBrowser();
        Assert.False((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());

        using var registered = await browser.RegisterAsync();
        await registered.MustBeAsync(HttpStatusCode.Created);
        var session = await browser.SessionAsync();
        Assert.True(session["authenticated"]!.GetValue<bool>());
        Assert.Equal(browser.Email, session["user"]!["email"]!.GetValue<string>());
        Assert.Equal(browser.Cookie("csrf_token"), session["csrfToken"]!.GetValue<string>());

        using var refreshed = await browser.RefreshAsync();
        await refreshed.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(session["csrfToken"]!.GetValue<string>(), (await refreshed.JsonAsync())["csrfToken"]!.GetValue<string>());
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());

        using var thief = browser.Copy();
        using var out_ = await browser.LogoutAsync();
        await out_.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("\"cache\", \"storage\"", out_.Header("Clear-Site-Data"));
        Assert.Null(browser.Cookie("auth_token"));
        Assert.Null(browser.Cookie("refresh_token"));
        Assert.Null(browser.Cookie("csrf_token"));

        using var stolen = await thief.GetAsync("/api/v1/quota");
        await stolen.MustBeAsync(HttpStatusCode.Unauthorized);
        Assert.Contains(await stolen.CodeAsync(), (string[])["auth.session_ended", "auth.token_invalid"]);
        using var again = await thief.RefreshAsync();
        await again.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_invalid");
    }

    [Fact]
    public async Task Signing_in_gives_cookies_and_no_token_in_the_body()
    {
        using var browser = await edge.RegisterAsync();
        using (var _ = await browser.LogoutAsync())
        {
            await browser.FetchTokenAsync();
        }

        using var answer = await browser.LoginAsync(remember: true);

        await answer.MustBeAsync(HttpStatusCode.OK);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(browser.Cookie("auth_token")!, text, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Cookie("refresh_token")!, text, StringComparison.Ordinal);
        var cookies = answer.Headers.GetValues("Set-Cookie").ToList();
        Assert.Contains(cookies, c => c.StartsWith("auth_token=", StringComparison.Ordinal) && c.Contains("max-age=3600", StringComparison.OrdinalIgnoreCase) && c.Contains("httponly", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(cookies, c => c.StartsWith("refresh_token=", StringComparison.Ordinal) && c.Contains("max-age=2592000", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(cookies, c => c.StartsWith("csrf_token=", StringComparison.Ordinal) && !c.Contains("httponly", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(cookies, c => c.StartsWith("device_id=", StringComparison.Ordinal));
        Assert.All(cookies, c => Assert.Contains("samesite=strict", c, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task A_csrf_cookie_that_was_lost_comes_back_for_as_long_as_a_remembered_session_may_wait()
    {
        using var browser = await edge.RegisterAsync();
        using (var signedIn = await browser.LoginAsync(remember: true))
            await signedIn.MustBeAsync(HttpStatusCode.OK);
        browser.ForgetCookie("csrf_token");

        using var answer = await browser.GetAsync("/api/auth/session");

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("csrf_token=", cookie, StringComparison.Ordinal);
        Assert.Contains("max-age=2592000", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task With_only_the_refresh_cookie_the_page_is_told_to_refresh()
    {
        using var browser = await edge.RegisterAsync();
        browser.ForgetCookie("auth_token");

        var session = await browser.SessionAsync();
        Assert.False(session["authenticated"]!.GetValue<bool>());
        Assert.True(session["refreshable"]!.GetValue<bool>());
        Assert.NotNull(session["csrfToken"]);

        using var answer = await browser.RefreshAsync();
        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Log_out_works_without_an_access_token_and_when_signed_out()
    {
        using var browser = await edge.RegisterAsync();
        using var other = browser.Copy();
        browser.ForgetCookie("auth_token");

        using var first = await browser.LogoutAsync();
        await first.MustBeAsync(HttpStatusCode.OK);
        Assert.False((await other.SessionAsync())["authenticated"]!.GetValue<bool>());

        await browser.FetchTokenAsync();
        using var second = await browser.LogoutAsync();
        await second.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_junk_cookie_is_ignored_where_anybody_may_come_and_refused_elsewhere()
    {
        using var browser = edge.NewBrowser();
        browser.Cookies.Add(new Cookie("auth_token", "junk", "/", browser.Server.Host));

        using var models = await browser.GetAsync("/api/v1/models");
        await models.MustBeAsync(HttpStatusCode.OK);
        using var quota = await browser.GetAsync("/api/v1/quota");
        await quota.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    [Fact]
    public async Task One_device_can_end_another()
    {
        using var browser = await edge.RegisterAsync();
        using var phone = edge.NewBrowser();
        using var signedIn = await phone.LoginAsync(browser.Email);
        await signedIn.MustBeAsync(HttpStatusCode.OK);

        using var list = await browser.GetAsync("/api/auth/sessions");
        var items = (await list.JsonAsync())["items"]!.AsArray();
        Assert.Equal(2, items.Count);
        var other = items.Single(i => !i!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>();

        using var gone = await browser.DeleteAsync($"/api/auth/sessions/{other}");
        await gone.MustBeAsync(HttpStatusCode.NoContent);
        Assert.False((await phone.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());

        using var again = await browser.DeleteAsync($"/api/auth/sessions/{other}");
        await again.MustBeProblemAsync(HttpStatusCode.NotFound, "session.not_found");
    }

    [Fact]
    public async Task A_refresh_without_its_cookie_says_so()
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.RefreshAsync();

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_missing");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(513)]
    [InlineData(4000)]
    public async Task A_refresh_cookie_that_is_none_is_refused_as_one_however_long_it_is(int length)
    {
        using var browser = edge.NewBrowser();
        await browser.FetchTokenAsync();
        browser.Cookies.Add(new Cookie("refresh_token", new string('x', length), "/", browser.Server.Host));

        using (var refreshed = await browser.RefreshAsync())
            await refreshed.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_invalid");
        using var out_ = await browser.LogoutAsync();
        await out_.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_member_is_no_administrator()
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync("/api/v1/admin/users");

        await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
    }
}
