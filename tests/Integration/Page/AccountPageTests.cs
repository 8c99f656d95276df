using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>The account's page in a real browser: devices and the password, by mouse and by keyboard, wide and narrow.</summary>
[Collection(nameof(Alone))]
public sealed class AccountPageTests
{
    private const string NewPassword = "seventeen quiet herons wading";

    [Fact]
    public async Task A_device_that_is_ended_is_signed_out_at_its_next_request()
    {
        await using var browser = await PageBrowser.StartAsync();
        var mine = await browser.SignUpAsync("devices");
        var theirs = await browser.SignInAsync("devices");
        await PageBrowser.OpenAccountAsync(mine);
        await Assertions.Expect(mine.GetByTestId("device")).ToHaveCountAsync(2);
        var current = mine.GetByTestId("device").Filter(new() { HasText = "This device" });
        await Assertions.Expect(current).ToContainTextAsync("Chromium on Linux");
        await Assertions.Expect(current).ToContainTextAsync("198.51.100.1");
        await Assertions.Expect(current.GetByTestId("end-device")).ToHaveCountAsync(0);

        await mine.GetByTestId("end-device").ClickAsync();

        await Assertions.Expect(mine.GetByTestId("device")).ToHaveCountAsync(1);
        await theirs.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(theirs.GetByText("Your session has ended. Sign in to go on.")).ToBeVisibleAsync();
        await Assertions.Expect(mine.GetByTestId("signout")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Signing_out_everywhere_else_leaves_this_device_alone()
    {
        await using var browser = await PageBrowser.StartAsync();
        var mine = await browser.SignUpAsync("others");
        await browser.SignInAsync("others");
        await browser.SignInAsync("others");
        await PageBrowser.OpenAccountAsync(mine);
        await Assertions.Expect(mine.GetByTestId("device")).ToHaveCountAsync(3);

        await mine.GetByTestId("end-others").ClickAsync();

        await Assertions.Expect(mine.GetByTestId("device")).ToHaveCountAsync(1);
        await Assertions.Expect(mine.GetByTestId("end-others")).ToHaveCountAsync(0);
        await Assertions.Expect(mine.Locator("#devices-title")).ToBeFocusedAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_changed_password_says_what_was_wrong_by_field_and_then_ends_the_other_devices()
    {
        await using var browser = await PageBrowser.StartAsync();
        var mine = await browser.SignUpAsync("changer");
        var theirs = await browser.SignInAsync("changer");
        await PageBrowser.OpenAccountAsync(mine);
        var guesses = 0;
        mine.Request += (_, request) => guesses += request.Url.EndsWith("/change-password", StringComparison.Ordinal) ? 1 : 0;

        await ChangeAsync(mine, PageBrowser.Password, "too short");
        await Assertions.Expect(mine.GetByTestId("new-password")).ToHaveAccessibleDescriptionAsync(new Regex("15 to 128 characters, please; that is 9"));
        Assert.Equal(0, guesses);

        await ChangeAsync(mine, "not my password at all", NewPassword);
        await Assertions.Expect(mine.GetByTestId("current-password")).ToHaveAccessibleDescriptionAsync(new Regex("isn’t your current password"));
        await Assertions.Expect(mine.GetByTestId("current-password")).ToBeFocusedAsync();
        Assert.Equal(1, guesses);

        await ChangeAsync(mine, PageBrowser.Password, NewPassword);
        await Assertions.Expect(mine.GetByTestId("section-password")).ToContainTextAsync("Your password is changed");
        await Assertions.Expect(mine.GetByTestId("new-password")).ToHaveValueAsync(string.Empty);
        await Assertions.Expect(mine.GetByTestId("device")).ToHaveCountAsync(1);
        await theirs.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(theirs.GetByTestId("submit-auth")).ToBeVisibleAsync();
        await browser.SignInAsync("changer", NewPassword);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_page_is_reached_and_left_by_keyboard_alone()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("keys");
        await page.GetByTestId("account-link").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Your account" })).ToBeFocusedAsync();
        Assert.Equal("Your account · MusicGen", await page.TitleAsync());
        await Assertions.Expect(page.GetByTestId("account-link")).ToHaveAttributeAsync("aria-current", "page");

        await page.GetByRole(AriaRole.Link, new() { Name = "Password" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#password-title")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByTestId("current-password")).ToBeFocusedAsync();

        await page.GetByTestId("back").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#history-title")).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("#account-view > *")).ToHaveCountAsync(0);
        await page.GoBackAsync();
        await Assertions.Expect(page.GetByTestId("section-password")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_takes_a_while_shows_and_says_so_and_is_not_sent_twice()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("patient");
        await browser.SignInAsync("patient");
        await PageBrowser.OpenAccountAsync(page);
        var sent = 0;
        await page.RouteAsync("**/api/auth/logout-all", async route =>
        {
            sent++;
            await Task.Delay(3000);
            await route.ContinueAsync();
        });
        var button = page.GetByTestId("end-others");

        await button.ClickAsync();
        await Assertions.Expect(button).ToHaveAttributeAsync("data-working", string.Empty);
        await Assertions.Expect(page.Locator("#live")).ToHaveTextAsync("One moment.");
        await button.ClickAsync(new() { Force = true });

        await Assertions.Expect(page.GetByTestId("device")).ToHaveCountAsync(1);
        Assert.Equal(1, sent);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_burst_of_requests_waits_its_moment_instead_of_failing()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("hasty");
        var refused = 0;
        page.Response += (_, answer) => refused += answer.Status == 429 ? 1 : 0;

        // Five a second are a free account's burst: seven of twelve are refused at once, and two of those again.
        var done = await page.EvaluateAsync<int>(
            "import('/js/session.js').then(({ call }) => Promise.all(Array.from({ length: 12 }, () => call('POST', '/api/auth/logout-all', { body: { keep_current: true } })))).then((all) => all.length)");

        Assert.Equal(12, done);
        Assert.InRange(refused, 1, 36);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_sign_out_that_fails_says_so_on_the_account_page_too()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("cut_off");
        await PageBrowser.OpenAccountAsync(page);
        await page.RouteAsync("**/api/auth/logout", route => route.AbortAsync());

        await page.GetByTestId("signout").ClickAsync();

        await Assertions.Expect(page.Locator("#page-error")).ToContainTextAsync("The server can’t be reached.");
        await page.UnrouteAsync("**/api/auth/logout");
        await page.GetByTestId("signout").ClickAsync();
        await Assertions.Expect(page.GetByText("You are signed out.").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#page-error")).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_was_typed_is_gone_from_the_page_when_it_is_left()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("typed");
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("current-password").FillAsync(PageBrowser.Password);
        Assert.True(await PageBrowser.HoldsAsync(page, PageBrowser.Password));

        await page.GetByTestId("back").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeVisibleAsync();

        Assert.False(await PageBrowser.HoldsAsync(page, PageBrowser.Password));
        Assert.Equal(0, await page.EvaluateAsync<int>("localStorage.length + sessionStorage.length"));
    }

    [Theory]
    [InlineData(360, ColorScheme.Dark)]
    [InlineData(768, ColorScheme.Light)]
    public async Task Nothing_sticks_out_on_a_small_screen(int width, ColorScheme scheme)
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("a_name_of_thirty_two_characters_", new() { ViewportSize = new() { Width = width, Height = 740 }, ColorScheme = scheme, HasTouch = true });
        await PageBrowser.OpenAccountAsync(page);
        Assert.True(await PageBrowser.FitsAsync(page));

        await page.EvaluateAsync("location.hash = ''");
        Assert.True(await PageBrowser.FitsAsync(page));
        Assert.Empty(browser.Complaints);
    }

    private static async Task ChangeAsync(IPage page, string current, string next)
    {
        await page.GetByTestId("current-password").FillAsync(current);
        await page.GetByTestId("new-password").FillAsync(next);
        await page.GetByTestId("change-password").ClickAsync();
    }
}
