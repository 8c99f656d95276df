using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>Second factors in a real browser: an authenticator app, recovery codes and passkeys (of Chromium's virtual authenticator).</summary>
[Collection(nameof(Alone))]
public sealed class FactorPageTests
{
    [Fact]
    public async Task An_authenticator_app_is_set_up_and_then_asked_for_at_sign_in()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("totp");
        await PageBrowser.OpenAccountAsync(page);
        var (phone, secret, codes) = await SetUpAsync(page);
        await Assertions.Expect(page.GetByTestId("totp")).ToHaveAttributeAsync("data-enabled", "true");
        await Assertions.Expect(page.GetByTestId("recovery-remaining")).ToHaveTextAsync("10 left");
        Assert.Equal(10, codes.Distinct(StringComparer.Ordinal).Count());
        Assert.False(await PageBrowser.HoldsAsync(page, secret));
        Assert.False(await PageBrowser.HoldsAsync(page, codes[0]));

        await page.GetByTestId("signout").ClickAsync();
        await PageBrowser.FillSignInAsync(page, "totp");
        await Assertions.Expect(page.GetByTestId("second-code")).ToBeFocusedAsync();
        await page.GetByTestId("second-code").FillAsync(phone.Last());
        await page.GetByTestId("second-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("second-code")).ToHaveAccessibleDescriptionAsync("That isn’t the code just now, or it was used already. Wait for the next one.");

        await page.GetByTestId("second-code").FillAsync(await phone.NextAsync());
        await page.GetByTestId("second-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once_and_new_ones_need_the_app()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("lost");
        await PageBrowser.OpenAccountAsync(page);
        var (phone, _, codes) = await SetUpAsync(page);
        await page.GetByTestId("signout").ClickAsync();

        await RecoverAsync(page, codes[3]);
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();
        await PageBrowser.OpenAccountAsync(page);
        await Assertions.Expect(page.GetByTestId("recovery-remaining")).ToHaveTextAsync("9 left");

        await page.GetByTestId("recovery-renew").ClickAsync();
        await page.GetByTestId("ask-yes").ClickAsync();
        await page.GetByTestId("step-up-password").FillAsync(PageBrowser.Password);
        await page.GetByTestId("step-up-code").FillAsync(await phone.NextAsync());
        await page.GetByTestId("step-up-submit").ClickAsync();
        var fresh = await PageBrowser.KeepCodesAsync(page);
        Assert.Empty(fresh.Intersect(codes, StringComparer.Ordinal));
        await Assertions.Expect(page.GetByTestId("recovery-remaining")).ToHaveTextAsync("10 left");

        await page.GetByTestId("signout").ClickAsync();
        await RecoverAsync(page, codes[4]);
        await Assertions.Expect(page.GetByTestId("second-recovery")).ToHaveAccessibleDescriptionAsync("This recovery code isn’t right, or it was used already.");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_passkey_is_added_signs_in_alone_and_as_the_second_step_steps_up_and_goes()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("keyed");
        await AddAuthenticatorAsync(page);
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("passkey-add").ClickAsync();
        await page.GetByTestId("passkey-name").FillAsync("My ring");
        await page.GetByTestId("passkey-create").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        Assert.Equal(10, (await PageBrowser.KeepCodesAsync(page)).Count);
        await Assertions.Expect(page.GetByTestId("passkey")).ToContainTextAsync("My ring");

        await page.GetByTestId("signout").ClickAsync();
        await page.GetByTestId("signin-tab").ClickAsync();
        await page.GetByTestId("signin-passkey").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();

        await page.GetByTestId("signout").ClickAsync();
        await PageBrowser.FillSignInAsync(page, "keyed");
        await page.GetByTestId("second-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();

        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("passkey-remove").ClickAsync();
        await page.GetByTestId("ask-yes").ClickAsync();
        await page.GetByTestId("step-up-passkey").ClickAsync();
        await Assertions.Expect(page.GetByTestId("passkey")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("recovery")).ToHaveCountAsync(0);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_passkey_that_the_server_no_longer_knows_is_refused_in_words()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("forgotten");
        await AddAuthenticatorAsync(page);
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("passkey-add").ClickAsync();
        await page.GetByTestId("passkey-create").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        await PageBrowser.KeepCodesAsync(page);
        await page.GetByTestId("passkey-remove").ClickAsync();
        await page.GetByTestId("ask-yes").ClickAsync();
        await Assertions.Expect(page.GetByTestId("passkey")).ToHaveCountAsync(0);

        await page.GetByTestId("signout").ClickAsync();
        await page.GetByTestId("signin-tab").ClickAsync();
        await page.GetByTestId("signin-passkey").ClickAsync();

        await Assertions.Expect(page.Locator("#auth-error")).ToContainTextAsync("doesn’t know this passkey");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_question_that_is_called_off_changes_nothing_and_complains_of_nothing()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("unsure");
        await PageBrowser.OpenAccountAsync(page);
        await page.GetByTestId("totp-setup").ClickAsync();
        await page.GetByTestId("step-up-password").FillAsync("not my password at all");
        await page.GetByTestId("step-up-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("step-up-password")).ToHaveAccessibleDescriptionAsync("The password isn’t right. Try again.");

        await page.Keyboard.PressAsync("Escape");

        await Assertions.Expect(page.GetByTestId("step-up")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("totp-dialog")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("totp")).ToHaveAttributeAsync("data-enabled", "false");
        await Assertions.Expect(page.GetByTestId("section-factors").GetByTestId("error")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByTestId("totp-setup")).ToBeFocusedAsync();
        Assert.Empty(browser.Complaints);
    }

    internal static async Task<(AuthenticatorPhone Phone, string Secret, IReadOnlyList<string> Codes)> SetUpAsync(IPage page)
    {
        await page.GetByTestId("totp-setup").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        var secret = (await page.GetByTestId("totp-secret").GetAttributeAsync("data-secret"))!;
        var phone = new AuthenticatorPhone(secret);
        await page.GetByTestId("totp-code").FillAsync(await phone.NextAsync());
        await page.GetByTestId("totp-confirm").ClickAsync();
        return (phone, secret, await PageBrowser.KeepCodesAsync(page));
    }

    private static async Task RecoverAsync(IPage page, string code)
    {
        await PageBrowser.FillSignInAsync(page, "lost");
        await page.GetByTestId("second-way-recovery_code").ClickAsync();
        await page.GetByTestId("second-recovery").FillAsync(code);
        await page.GetByTestId("second-submit").ClickAsync();
    }

    private static async Task AddAuthenticatorAsync(IPage page)
    {
        var devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
