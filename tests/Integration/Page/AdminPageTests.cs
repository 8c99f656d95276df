using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>The admins' page in a real browser: people, and the audit trail.</summary>
[Collection(nameof(Alone))]
public sealed class AdminPageTests
{
    [Fact]
    public async Task An_admin_finds_a_user_and_what_is_changed_is_in_force_at_once()
    {
        await using var browser = await PageBrowser.StartAsync();
        var user = await browser.SignUpAsync("somebody");
        await browser.SignUpAsync("nobody_else");
        var admin = await AdminAsync(browser);
        await Assertions.Expect(admin.GetByTestId("user")).ToHaveCountAsync(3);

        await admin.GetByTestId("users-search").FillAsync("SOMEBODY");
        await admin.GetByTestId("users-find").ClickAsync();
        var row = admin.GetByTestId("user");
        await Assertions.Expect(row).ToHaveCountAsync(1);
        await Assertions.Expect(row).ToContainTextAsync("somebody@example.org");

        await row.GetByTestId("user-tier").SelectOptionAsync("premium");
        await Assertions.Expect(admin.Locator("#live")).ToHaveTextAsync("somebody: tier is premium.");
        await user.ReloadAsync();
        await Assertions.Expect(user.Locator("#who-tier")).ToHaveTextAsync("premium");

        await row.GetByTestId("user-disable").ClickAsync();
        await admin.GetByTestId("ask-yes").ClickAsync();
        await Assertions.Expect(row.GetByTestId("user-disabled")).ToBeVisibleAsync();
        await user.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(user.GetByTestId("submit-auth")).ToBeVisibleAsync();
        await PageBrowser.FillSignInAsync(user, "somebody");
        await Assertions.Expect(user.Locator("#auth-error")).ToHaveAttributeAsync("data-code", "auth.invalid_credentials");

        await row.GetByTestId("user-enable").ClickAsync();
        await Assertions.Expect(row.GetByTestId("user-disable")).ToBeVisibleAsync();
        await browser.SignInAsync("somebody");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Ending_a_users_sessions_signs_them_out()
    {
        await using var browser = await PageBrowser.StartAsync();
        var user = await browser.SignUpAsync("guest");
        var admin = await AdminAsync(browser);

        await admin.Locator("[data-email='guest@example.org']").GetByTestId("user-end-sessions").ClickAsync();

        await Assertions.Expect(admin.Locator("#live")).ToHaveTextAsync("guest: one session ended.");
        await user.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(user.GetByTestId("submit-auth")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Nobody_but_an_admin_sees_the_page_and_a_role_that_is_taken_closes_it()
    {
        await using var browser = await PageBrowser.StartAsync();
        var user = await browser.SignUpAsync("plain");
        await Assertions.Expect(user.GetByTestId("admin-link")).ToBeHiddenAsync();
        await user.EvaluateAsync("location.hash = '#admin'");
        await Assertions.Expect(user.GetByTestId("users")).ToHaveCountAsync(0);
        await Assertions.Expect(user.GetByTestId("prompt")).ToBeVisibleAsync();

        var admin = await AdminAsync(browser);
        await SetRoleAsync(browser, "user");
        await admin.ReloadAsync();

        await Assertions.Expect(admin.GetByTestId("prompt")).ToBeVisibleAsync();
        await Assertions.Expect(admin.GetByTestId("admin-link")).ToBeHiddenAsync();
        await Assertions.Expect(admin.Locator("#admin-view > *")).ToHaveCountAsync(0);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_audit_trail_is_searched_paged_and_verified()
    {
        await using var browser = await PageBrowser.StartAsync();
        var user = await browser.SignUpAsync("watched");
        await user.GetByTestId("signout").ClickAsync();
        await PageBrowser.FillSignInAsync(user, "watched", "certainly not the password");
        await Assertions.Expect(user.Locator("#auth-error")).ToBeVisibleAsync();
        var admin = await AdminAsync(browser);

        await admin.GetByTestId("audit-action").FillAsync("identity.login");
        await admin.GetByTestId("audit-outcome").SelectOptionAsync("denied");
        await admin.GetByTestId("audit-find").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("audit-entry")).ToHaveCountAsync(1);
        await Assertions.Expect(admin.GetByTestId("audit-entry")).ToContainTextAsync("auth.invalid_credentials");

        await admin.GetByTestId("audit-clear").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("audit-entry").Nth(3)).ToBeVisibleAsync();
        await admin.GetByTestId("audit-since").FillAsync("2100-01-01T00:00");
        await admin.GetByTestId("audit-find").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("audit-entry")).ToHaveCountAsync(0);

        await admin.GetByTestId("audit-verify").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("audit-verdict")).ToContainTextAsync("as they were written");
        Assert.Empty(browser.Complaints);
    }

    private static async Task<IPage> AdminAsync(PageBrowser browser)
    {
        var page = await browser.SignUpAsync("boss");
        await SetRoleAsync(browser, "admin");
        await page.ReloadAsync();
        await page.GetByTestId("admin-link").ClickAsync();
        await Assertions.Expect(page.GetByTestId("user").First).ToBeVisibleAsync();
        return page;
    }

    private static async Task SetRoleAsync(PageBrowser browser, string role)
    {
        var set = await browser.App.InScopeAsync(services => services.GetRequiredService<ISender>().Send(new SetRoleCommand("boss@example.org", role)));
        Assert.True(set.IsSuccess);
    }
}
