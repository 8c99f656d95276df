using System.Net;
using System.Text.Json.Nodes;
using OtpNet;

namespace MusicGen.Integration.Support;

/// <summary>What a person does with second factors over HTTP.</summary>
internal static class Factors
{
    /// <summary>Proves once more who one is, by whatever the account asks for.</summary>
    public static async Task StepUpAsync(this Browser browser, string? code = null, string? recoveryCode = null)
    {
        using var answer = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password, code, recovery_code = recoveryCode });
        await answer.MustBeAsync(HttpStatusCode.OK);
    }

    /// <summary>Steps up and adds an authenticator app.</summary>
    public static async Task<AuthenticatorOf> EnableTotpAsync(this Browser browser)
    {
        await browser.StepUpAsync();
        using var begun = await browser.PostAsync("/api/auth/factors/totp");
        await begun.MustBeAsync(HttpStatusCode.OK);
        var app = new AuthenticatorOf((await begun.JsonAsync())["secret"]!.GetValue<string>());
        using var enabled = await browser.PostAsync("/api/auth/factors/totp/confirm", new { code = app.Code(-1) });
        await enabled.MustBeAsync(HttpStatusCode.OK);
        app.RecoveryCodes = [.. (await enabled.JsonAsync())["recovery_codes"]!.AsArray().Select(c => c!.GetValue<string>())];
        return app;
    }

    /// <summary>The first step of a sign-in, which must end with the question for a second factor.</summary>
    /// <returns>The challenge.</returns>
    public static async Task<string> ChallengeAsync(this Browser browser, string? email = null, string? password = null, bool remember = false)
    {
        using var answer = await browser.LoginAsync(email, password, remember);
        await answer.MustBeAsync(HttpStatusCode.OK);
        var body = await answer.JsonAsync();
        Assert.False(body["success"]!.GetValue<bool>());
        return body["challenge"]!.GetValue<string>();
    }

    public static Task<HttpResponseMessage> SecondFactorAsync(this Browser browser, string challenge, string? code = null, string? recoveryCode = null, JsonNode? credential = null) =>
        browser.SignInByAsync("/api/auth/login/second-factor", new { challenge, code, recovery_code = recoveryCode, credential });
}

/// <summary>The app that a person holds, by the secret that was typed into it.</summary>
internal sealed class AuthenticatorOf(string secret)
{
    public string[] RecoveryCodes { get; set; } = [];

    /// <summary>What it shows now, or so many steps of 30 s from now.</summary>
    public string Code(int steps = 0) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30 * steps));
}
