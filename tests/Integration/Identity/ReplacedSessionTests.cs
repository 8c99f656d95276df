using System.Net;
using MusicGen.Domain.Auditing;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Signing in ends the session that the browser still had, and only that.</summary>
public sealed class ReplacedSessionTests(EdgeApp edge)
{
    [Theory]
    [InlineData("login")]
    [InlineData("register")]
    [InlineData("second factor")]
    public async Task Signing_in_ends_the_session_that_the_browser_had_whoevers_it_was(string way)
    {
        using var owner = await edge.RegisterAsync();
        var factors = way == "second factor" ? await owner.EnableTotpAsync() : null;
        using var browser = way == "login" ? owner.Copy() : await edge.RegisterAsync();
        using var thief = browser.Copy();
        var earlier = await browser.OwnSessionAsync();

        using var answer = way switch
        {
            "login" => await browser.LoginAsync(),
            "register" => await browser.RegisterAsync(),
            _ => await browser.SecondFactorAsync(await browser.ChallengeAsync(owner.Email), recoveryCode: factors!.RecoveryCodes[0]),
        };

        Assert.True(answer.IsSuccessStatusCode);
        await MustBeOverAsync(thief);
        Assert.NotEqual(earlier, await browser.OwnSessionAsync());
        Assert.Equal(browser.Cookie("csrf_token"), (await browser.SessionAsync())["csrfToken"]!.GetValue<string>());
        var entry = Assert.Single(await edge.App.EntriesAsync("sessions.replace"), e => e.Subject == $"session:{earlier}" && e.Outcome != AuditOutcome.Attempted);
        Assert.Equal(AuditOutcome.Succeeded, entry.Outcome);
    }

    [Fact]
    public async Task One_of_which_only_the_refresh_cookie_is_left_ends_as_well()
    {
        using var browser = await edge.RegisterAsync();
        using var thief = browser.Copy();
        browser.ForgetCookie("auth_token");

        using var answer = await browser.LoginAsync();

        await answer.MustBeAsync(HttpStatusCode.OK);
        await MustBeOverAsync(thief);
    }

    [Fact]
    public async Task A_sign_in_that_fails_or_waits_for_its_second_factor_ends_nothing()
    {
        using var owner = await edge.RegisterAsync();
        await owner.EnableTotpAsync();
        using var browser = await edge.RegisterAsync();
        var before = await browser.OwnSessionAsync();

        using (var wrong = await browser.PostAsync("/api/auth/login", new { email = browser.Email, password = "not this password at all" }))
            await wrong.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using (var taken = await browser.PostAsync("/api/auth/register", new { email = owner.Email, username = "another_one", password = Browser.DefaultPassword }))
            await taken.MustBeProblemAsync(HttpStatusCode.Conflict, "auth.email_taken");
        using (var waits = await browser.PostAsync("/api/auth/login", new { email = owner.Email, password = owner.Password }))
            await waits.MustBeAsync(HttpStatusCode.OK);

        Assert.Equal(before, await browser.OwnSessionAsync());
        using var refreshed = await browser.RefreshAsync();
        await refreshed.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Sessions_of_other_devices_live_on()
    {
        using var browser = await edge.RegisterAsync();
        using var phone = edge.NewBrowser();
        (await phone.LoginAsync(browser.Email)).Dispose();

        using var again = await browser.LoginAsync();

        await again.MustBeAsync(HttpStatusCode.OK);
        Assert.True((await phone.SessionAsync())["authenticated"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Of_two_tabs_that_sign_in_at_once_both_are_in_whichever_answer_comes_last()
    {
        using var browser = await edge.RegisterAsync();
        using var thief = browser.Copy();
        using var tab = browser.Copy();

        var answers = await Task.WhenAll(browser.LoginAsync(), tab.LoginAsync());

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.True((await tab.SessionAsync())["authenticated"]!.GetValue<bool>());
        await MustBeOverAsync(thief);
        Array.ForEach(answers, a => a.Dispose());
    }

    [Fact]
    public async Task A_lost_answer_costs_another_sign_in_and_nothing_else()
    {
        using var browser = await edge.RegisterAsync();
        using var lost = browser.Copy();
        (await lost.LoginAsync()).Dispose(); // its cookies never reached the browser

        using var again = await browser.LoginAsync();

        await again.MustBeAsync(HttpStatusCode.OK);
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
    }

    private static async Task MustBeOverAsync(Browser thief)
    {
        using var used = await thief.GetAsync("/api/v1/quota");
        await used.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        using var refreshed = await thief.RefreshAsync();
        await refreshed.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_invalid");
    }
}
