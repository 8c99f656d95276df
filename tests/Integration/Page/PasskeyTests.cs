using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>
/// Passkeys with Chromium's virtual authenticator on a page of our own origin: the browser makes and shows them, the
/// server judges them.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PasskeyTests : IAsyncLifetime
{
    private const string Create =
        "options => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options)) }).then(c => JSON.stringify(c.toJSON()))";

    private const string Get =
        "options => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options)) }).then(c => JSON.stringify(c.toJSON()))";

    private MusicGenApp? _app;
    private IPage? _page;
    private ICDPSession _devtools = null!;
    private string _authenticator = string.Empty;

    public async ValueTask InitializeAsync()
    {
        var browser = await Chromium.RunningAsync();
        _app = await MusicGenApp.StartByNameAsync(("RATE_LIMIT_FREE_BURST", "400"), ("RATE_LIMIT_FREE_MINUTE", "400"));
        _page = await browser.NewPageAsync();
        await _page.GotoAsync(new Uri(_app.Address, "/health/live").ToString());
        _devtools = await _page.Context.NewCDPSessionAsync(_page);
        await _devtools.SendAsync("WebAuthn.enable");
        _authenticator = await AddAuthenticatorAsync(verifiesUser: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
            await _page.Context.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_passkey_signs_in_alone_and_steps_up_alone()
    {
        using var browser = await RegisterAsync();
        var added = await AddAsync(browser, "Ada's laptop");
        Assert.Equal("Ada's laptop", added["passkey"]!["name"]!.GetValue<string>());
        Assert.Equal(10, added["recovery_codes"]!.AsArray().Count);

        using var phone = _app!.NewBrowser();
        var asked = await PostAsync(phone, "/api/auth/login/passkey/options");
        Assert.Equal("localhost", asked["options"]!["rpId"]!.GetValue<string>());
        Assert.Equal("required", asked["options"]!["userVerification"]!.GetValue<string>());
        Assert.Empty(asked["options"]!["allowCredentials"]!.AsArray());
        var credential = await ShowAsync(asked);
        using (var signedIn = await phone.SignInByAsync("/api/auth/login/passkey", new { challenge = Challenge(asked), credential, remember_me = true }))
        {
            await signedIn.MustBeAsync(HttpStatusCode.OK);
            Assert.Equal(browser.Email, (await signedIn.JsonAsync())["user"]!["email"]!.GetValue<string>());
        }

        Assert.True((await phone.SessionAsync())["authenticated"]!.GetValue<bool>());
        using (var early = await phone.PostAsync("/api/auth/factors/totp"))
            await early.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required"); // signing in is no step-up
        var stepUp = await PostAsync(phone, "/api/auth/step-up/options");
        using (var stepped = await phone.PostAsync("/api/auth/step-up", new { passkey = new { challenge = Challenge(stepUp), credential = await ShowAsync(stepUp) } }))
            await stepped.MustBeAsync(HttpStatusCode.OK);
        using (var now = await phone.PostAsync("/api/auth/factors/totp"))
            await now.MustBeAsync(HttpStatusCode.OK);

        using var thief = _app.NewBrowser();
        using var replay = await thief.PostAsync("/api/auth/login/passkey", new { challenge = Challenge(asked), credential });
        await replay.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
        var listed = (await (await browser.GetAsync("/api/auth/factors")).JsonAsync())["passkeys"]!.AsArray();
        Assert.NotNull(Assert.Single(listed)!["last_used_at"]);
    }

    [Fact]
    public async Task A_passkey_is_a_second_factor_beside_the_password()
    {
        using var browser = await RegisterAsync();
        await AddAsync(browser, "key");
        using var phone = _app!.NewBrowser();
        using var first = await phone.LoginAsync(browser.Email);
        var question = await first.JsonAsync();
        Assert.Equal(["passkey", "recovery_code"], question["second_factor"]!.AsArray().Select(k => k!.GetValue<string>()));
        var challenge = question["challenge"]!.GetValue<string>();

        var asked = await PostAsync(phone, "/api/auth/login/second-factor/options", new { challenge });
        Assert.Equal("preferred", asked["options"]!["userVerification"]!.GetValue<string>());
        Assert.Single(asked["options"]!["allowCredentials"]!.AsArray());
        var credential = await ShowAsync(asked);
        using (var second = await phone.SecondFactorAsync(challenge, credential: credential))
            await second.MustBeAsync(HttpStatusCode.OK);

        using var again = await phone.SecondFactorAsync(challenge, credential: credential);
        await again.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
    }

    [Fact]
    public async Task An_authenticator_that_verifies_nobody_is_a_second_factor_and_never_both()
    {
        await _devtools.SendAsync("WebAuthn.removeVirtualAuthenticator", new() { ["authenticatorId"] = _authenticator });
        _authenticator = await AddAuthenticatorAsync(verifiesUser: false);
        using var browser = await RegisterAsync();
        await AddAsync(browser, "a key without a PIN");
        using var phone = _app!.NewBrowser();
        var challenge = await phone.ChallengeAsync(browser.Email);
        var asked = await PostAsync(phone, "/api/auth/login/second-factor/options", new { challenge });
        using (var second = await phone.SecondFactorAsync(challenge, credential: await ShowAsync(asked)))
            await second.MustBeAsync(HttpStatusCode.OK);

        void LookAway(JsonNode options)
        {
            options["options"]!["userVerification"] = "discouraged";
            options["options"]!["allowCredentials"] = asked["options"]!["allowCredentials"]!.DeepClone();
        }

        // A browser that looks away when a verified user is required: the server doesn't.
        using var thief = _app.NewBrowser();
        var alone = await PostAsync(thief, "/api/auth/login/passkey/options");
        LookAway(alone);
        using var refused = await thief.PostAsync("/api/auth/login/passkey", new { challenge = Challenge(alone), credential = await ShowAsync(alone) });
        await refused.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        var stepUp = await PostAsync(browser, "/api/auth/step-up/options");
        LookAway(stepUp);
        using var unverified = await browser.PostAsync("/api/auth/step-up", new { passkey = new { challenge = Challenge(stepUp), credential = await ShowAsync(stepUp) } });
        await unverified.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
    }

    [Fact]
    public async Task A_copy_is_found_by_its_counter()
    {
        using var browser = await RegisterAsync();
        await AddAsync(browser, "key");
        await SignInAloneAsync(HttpStatusCode.OK);
        var original = (await CredentialsAsync())[0];
        await SignInAloneAsync(HttpStatusCode.OK);
        await SignInAloneAsync(HttpStatusCode.OK);

        // The thief's copy counts on from when it was made.
        await _devtools.SendAsync("WebAuthn.clearCredentials", new() { ["authenticatorId"] = _authenticator });
        await _devtools.SendAsync("WebAuthn.addCredential", new() { ["authenticatorId"] = _authenticator, ["credential"] = original });

        await SignInAloneAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_removed_passkey_and_one_of_a_removed_account_open_nothing()
    {
        using var browser = await RegisterAsync();
        var added = await AddAsync(browser, "key");
        await SignInAloneAsync(HttpStatusCode.OK);

        using (var removed = await browser.DeleteAsync($"/api/auth/passkeys/{added["passkey"]!["id"]}"))
            await removed.MustBeAsync(HttpStatusCode.NoContent);
        await SignInAloneAsync(HttpStatusCode.Unauthorized);
        using (var again = await browser.DeleteAsync($"/api/auth/passkeys/{added["passkey"]!["id"]}"))
            await again.MustBeProblemAsync(HttpStatusCode.NotFound, "factor.not_found");
        using var password = await browser.LoginAsync();
        Assert.True((await password.JsonAsync())["success"]!.GetValue<bool>());
    }

    [Fact]
    public async Task One_made_on_another_sites_page_or_for_another_ceremony_is_refused()
    {
        using var browser = await RegisterAsync();
        await browser.StepUpAsync();
        var asked = await PostAsync(browser, "/api/auth/passkeys/options");
        var credential = await MakeAsync(asked);
        foreach (var (from, to) in new[] { ("http://localhost", "https://evil.example"), ("webauthn.create", "webauthn.get"), ("\"crossOrigin\":false", "\"crossOrigin\":true") })
        {
            var next = await PostAsync(browser, "/api/auth/passkeys/options");
            // An attestation of the kind "none" signs nothing, so that only the judge of the client's data can refuse it.
            var forged = credential.DeepClone();
            var data = ClientData(credential).Replace(Challenge64(asked), Challenge64(next), StringComparison.Ordinal).Replace(from, to, StringComparison.Ordinal);
            forged["response"]!["clientDataJSON"] = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(data));
            using var refused = await browser.PostAsync("/api/auth/passkeys", new { challenge = Challenge(next), name = "forged", credential = forged });
            await refused.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            Assert.NotNull((await refused.JsonAsync())["errors"]!["credential"]);
        }

        var right = await PostAsync(browser, "/api/auth/passkeys/options");
        using (var replayed = await browser.PostAsync("/api/auth/passkeys", new { challenge = Challenge(right), name = "old", credential }))
            await replayed.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid"); // its challenge is another one
        using var honest = await browser.PostAsync("/api/auth/passkeys", new { challenge = Challenge(asked), name = "honest", credential });
        await honest.MustBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Another_accounts_passkey_is_no_second_factor_and_no_step_up()
    {
        using var ada = await RegisterAsync();
        await AddAsync(ada, "ada's");
        using var eve = await RegisterAsync();
        await AddAsync(eve, "eve's");
        var stepUp = await PostAsync(ada, "/api/auth/step-up/options");
        var allowed = Assert.Single(stepUp["options"]!["allowCredentials"]!.AsArray())!;
        var ids = (await CredentialsAsync()).Select(c => System.Buffers.Text.Base64Url.EncodeToString(Convert.FromBase64String(c["credentialId"]!.GetValue<string>())));
        allowed["id"] = Assert.Single(ids, id => id != allowed["id"]!.GetValue<string>());

        using var refused = await ada.PostAsync("/api/auth/step-up", new { passkey = new { challenge = Challenge(stepUp), credential = await ShowAsync(stepUp) } });
        await refused.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
    }

    [Fact]
    public async Task A_passkey_that_the_account_has_is_not_made_again()
    {
        using var browser = await RegisterAsync();
        await AddAsync(browser, "key");
        var asked = await PostAsync(browser, "/api/auth/passkeys/options");

        Assert.Single(asked["options"]!["excludeCredentials"]!.AsArray());
        await Assert.ThrowsAsync<PlaywrightException>(() => MakeAsync(asked));
    }

    private async Task<string> AddAuthenticatorAsync(bool verifiesUser)
    {
        var added = await _devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = verifiesUser,
                ["isUserVerified"] = verifiesUser,
                ["automaticPresenceSimulation"] = true,
            },
        });
        return added!.Value.GetProperty("authenticatorId").GetString()!;
    }

    private Task<Browser> RegisterAsync() => _app!.RegisterAsync();

    private async Task<JsonNode> AddAsync(Browser browser, string name)
    {
        await browser.StepUpAsync();
        var asked = await PostAsync(browser, "/api/auth/passkeys/options");
        using var added = await browser.PostAsync("/api/auth/passkeys", new { challenge = Challenge(asked), name, credential = await MakeAsync(asked) });
        await added.MustBeAsync(HttpStatusCode.Created);
        return await added.JsonAsync();
    }

    private async Task SignInAloneAsync(HttpStatusCode expected)
    {
        using var phone = _app!.NewBrowser();
        var asked = await PostAsync(phone, "/api/auth/login/passkey/options");
        using var answer = await phone.PostAsync("/api/auth/login/passkey", new { challenge = Challenge(asked), credential = await ShowAsync(asked) });
        await answer.MustBeAsync(expected);
        if (expected == HttpStatusCode.Unauthorized)
            Assert.Equal("auth.invalid_credentials", await answer.CodeAsync());
    }

    private static async Task<JsonNode> PostAsync(Browser browser, string path, object? body = null)
    {
        using var answer = await browser.PostAsync(path, body);
        await answer.MustBeAsync(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private async Task<JsonNode> MakeAsync(JsonNode asked) => JsonNode.Parse(await _page!.EvaluateAsync<string>(Create, asked["options"]!.ToJsonString()))!;

    private async Task<JsonNode> ShowAsync(JsonNode asked) => JsonNode.Parse(await _page!.EvaluateAsync<string>(Get, asked["options"]!.ToJsonString()))!;

    private async Task<List<JsonNode>> CredentialsAsync()
    {
        var answer = await _devtools.SendAsync("WebAuthn.getCredentials", new() { ["authenticatorId"] = _authenticator });
        return [.. JsonNode.Parse(answer!.Value.GetRawText())!["credentials"]!.AsArray().Select(c => c!.DeepClone())];
    }

    private static string Challenge(JsonNode asked) => asked["challenge"]!.GetValue<string>();

    private static string Challenge64(JsonNode asked) => asked["options"]!["challenge"]!.GetValue<string>();

    private static string ClientData(JsonNode credential) =>
        Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(credential["response"]!["clientDataJSON"]!.GetValue<string>()));
}
