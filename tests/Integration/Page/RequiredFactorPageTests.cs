using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>Where the server wants a second factor, the page leads to it and opens nothing else.</summary>
[Collection(nameof(Alone))]
public sealed class RequiredFactorPageTests
{
    [Fact]
    public async Task Who_has_none_is_led_to_it_and_then_in()
    {
        await using var browser = await PageBrowser.StartAsync(("REQUIRE_SECOND_FACTOR", "everyone"));
        var page = await browser.OpenAsync(await browser.NewContextAsync());
        await page.GetByTestId("signup-tab").ClickAsync();
        await page.GetByTestId("email").FillAsync("newcomer@example.org");
        await page.GetByTestId("username").FillAsync("newcomer");
        await page.GetByTestId("password").FillAsync(PageBrowser.Password);
        await page.GetByTestId("submit-auth").ClickAsync();

        await Assertions.Expect(page.GetByTestId("error").First).ToContainTextAsync("wants a second factor", new() { Timeout = 15_000 });
        await page.EvaluateAsync("() => { location.hash = ''; }");
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("totp-setup")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeHiddenAsync();

        var (phone, _, _) = await FactorPageTests.SetUpAsync(page);

        await Assertions.Expect(page.GetByTestId("prompt")).ToBeVisibleAsync(); // where the address had asked for
        await Assertions.Expect(page.GetByTestId("error").First).ToBeHiddenAsync();
        await page.GetByTestId("signout").ClickAsync();
        await PageBrowser.FillSignInAsync(page, "newcomer");
        await page.GetByTestId("second-code").FillAsync(await phone.NextAsync());
        await page.GetByTestId("second-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }
}
