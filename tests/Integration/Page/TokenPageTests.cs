using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>Personal access tokens on the account's page: made, shown once, used by a script, revoked.</summary>
[Collection(nameof(Alone))]
public sealed class TokenPageTests
{
    [Fact]
    public async Task A_token_is_shown_once_works_for_a_script_and_is_revoked()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("scripter");
        await PageBrowser.OpenAccountAsync(page);

        await page.GetByTestId("token-new").ClickAsync();
        await Assertions.Expect(page.GetByTestId("scope-admin")).ToHaveCountAsync(0);
        await page.GetByTestId("scope-generate").UncheckAsync();
        await page.GetByTestId("token-name").FillAsync("Nightly playlist");
        await page.GetByTestId("token-create").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        var token = await page.GetByTestId("token-value").InnerTextAsync();
        Assert.StartsWith("mgp_", token, StringComparison.Ordinal);
        await page.GetByTestId("token-done").ClickAsync();

        await Assertions.Expect(page.GetByTestId("token")).ToContainTextAsync("Nightly playlist");
        await Assertions.Expect(page.GetByTestId("token")).ToContainTextAsync("read");
        Assert.False(await PageBrowser.HoldsAsync(page, token));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(browser, token));
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("token")).ToContainTextAsync("last used");
        Assert.False(await PageBrowser.HoldsAsync(page, token));

        await page.GetByTestId("token-revoke").ClickAsync();
        await page.GetByTestId("ask-yes").ClickAsync();
        await Assertions.Expect(page.GetByTestId("token")).ToHaveCountAsync(0);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(browser, token));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_token_without_a_name_or_a_scope_is_refused_by_field()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("careless");
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("token-new").ClickAsync();

        await page.GetByTestId("token-create").ClickAsync();
        await Assertions.Expect(page.GetByTestId("token-name")).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByTestId("token-name")).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex("A name, please."));

        await page.GetByTestId("token-name").FillAsync("Nothing");
        await page.GetByTestId("scope-read").UncheckAsync();
        await page.GetByTestId("scope-generate").UncheckAsync();
        await page.GetByTestId("token-create").ClickAsync();
        await Assertions.Expect(page.GetByText("Tick at least one, please.")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Signing_out_everywhere_shows_the_tokens_and_ends_them_if_asked_to()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("everywhere");
        var other = await browser.SignInAsync("everywhere");
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("token-new").ClickAsync();
        await page.GetByTestId("token-name").FillAsync("Radio in the kitchen");
        await page.GetByTestId("token-create").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        var token = await page.GetByTestId("token-value").InnerTextAsync();
        await page.GetByTestId("token-done").ClickAsync();

        await page.GetByTestId("end-all").ClickAsync();
        await Assertions.Expect(page.GetByTestId("end-all-dialog")).ToContainTextAsync("Radio in the kitchen");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(browser, token));
        await page.GetByTestId("end-tokens").CheckAsync();
        await page.GetByTestId("end-all-confirm").ClickAsync();

        await Assertions.Expect(page.GetByText("You are signed out everywhere.")).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(browser, token));
        await other.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(other.GetByTestId("submit-auth")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    private static async Task<HttpStatusCode> AskAsync(PageBrowser browser, string token)
    {
        using var client = new HttpClient { BaseAddress = browser.App.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri("/api/v1/quota", UriKind.Relative), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
