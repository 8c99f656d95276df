using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>Several tabs of one browser share one session: they renew it in silence, one at a time, and nobody is signed out.</summary>
[Collection(nameof(Alone))]
public sealed class TabsTests
{
    private const int Tabs = 4;
    private const int Rounds = 4;

    [Fact]
    public async Task Tabs_whose_token_ends_at_once_renew_it_once_and_all_go_on()
    {
        await using var browser = await PageBrowser.StartAsync();
        var first = await browser.SignUpAsync("tabs");
        var context = first.Context;
        IPage[] tabs = [first, .. await Task.WhenAll(Enumerable.Range(1, Tabs - 1).Select(_ => browser.OpenAsync(context, "/#account")))];
        await PageBrowser.OpenAccountAsync(first);
        foreach (var tab in tabs)
            await Assertions.Expect(tab.GetByTestId("device")).ToHaveCountAsync(1);
        var refreshes = 0;
        var refusals = 0;
        context.Response += (_, answer) =>
        {
            if (!answer.Url.EndsWith("/api/auth/refresh", StringComparison.Ordinal))
                return;
            Interlocked.Increment(ref refreshes);
            if (answer.Status != 200)
                Interlocked.Increment(ref refusals);
        };

        for (var round = 1; round <= Rounds; round++)
        {
            var before = await CookieAsync(context, "refresh_token");
            await context.ClearCookiesAsync(new() { Name = "auth_token" });
            await Task.WhenAll(tabs.Select(AskAsync));

            Assert.Equal(round, refreshes);
            Assert.NotEqual(before, await CookieAsync(context, "refresh_token"));
            Assert.NotEmpty(await CookieAsync(context, "auth_token"));
        }

        Assert.Equal(0, refusals);
        foreach (var tab in tabs)
            await Assertions.Expect(tab.GetByTestId("signout")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_tab_that_is_left_open_renews_its_token_before_it_ends()
    {
        await using var browser = await PageBrowser.StartAsync(("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "1"));
        var page = await browser.SignUpAsync("quiet");
        var before = await CookieAsync(page.Context, "auth_token");

        // 60 to 95 % of a minute, and nobody touches the page.
        var refreshed = await page.WaitForResponseAsync(r => r.Url.EndsWith("/api/auth/refresh", StringComparison.Ordinal), new() { Timeout = 75_000 });

        Assert.Equal(200, refreshed.Status);
        Assert.NotEqual(before, await CookieAsync(page.Context, "auth_token"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Signing_out_in_one_tab_signs_out_all_and_leaves_nothing_of_the_account()
    {
        await using var browser = await PageBrowser.StartAsync();
        var first = await browser.SignUpAsync("leaver");
        var second = await browser.OpenAsync(first.Context, "/#account");
        await Assertions.Expect(second.GetByTestId("device")).ToHaveCountAsync(1);

        await first.GetByTestId("signout").ClickAsync();

        foreach (var tab in new[] { first, second })
        {
            await Assertions.Expect(tab.GetByTestId("submit-auth")).ToBeVisibleAsync();
            await Assertions.Expect(tab.Locator("#account-view > *")).ToHaveCountAsync(0);
            Assert.Equal("/", new Uri(tab.Url).PathAndQuery + new Uri(tab.Url).Fragment);
            Assert.DoesNotContain("leaver@example.org", await tab.ContentAsync(), StringComparison.Ordinal);
        }

        Assert.Empty(browser.Complaints);
    }

    /// <summary>Makes a tab ask the server for something that needs the session, and waits until it is there.</summary>
    private static async Task AskAsync(IPage tab)
    {
        var answer = tab.WaitForResponseAsync(r => r.Url.EndsWith("/api/auth/sessions", StringComparison.Ordinal) && r.Status == 200);
        await tab.EvaluateAsync("location.hash = ''");
        await tab.EvaluateAsync("location.hash = '#account'");
        await answer;
        await Assertions.Expect(tab.GetByTestId("device")).ToHaveCountAsync(1);
    }

    private static async Task<string> CookieAsync(IBrowserContext context, string name) =>
        (await context.CookiesAsync()).SingleOrDefault(c => c.Name == name)?.Value ?? string.Empty;
}
