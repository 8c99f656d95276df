using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.GetPasskeyLoginOptions;
using MusicGen.Application.Identity.LoginPasskey;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Signing in by a passkey alone.</summary>
[Route("api/auth/login/passkey")]
[BodyLimit(64 * 1024)]
public sealed class PasskeyLoginController(ISender sender, BrowserSession browser) : ApiController
{
    /// <summary>What navigator.credentials.get() takes: any passkey of this site, with its user verified.</summary>
    [HttpPost("options"), AllowAnonymous]
    public async Task<ActionResult<PasskeyOptionsResponse>> Options(CancellationToken ct)
    {
        var result = await sender.Send(new GetPasskeyLoginOptionsQuery(), ct);
        return result.IsSuccess ? PasskeyOptionsResponse.Of(result.Value) : Failure(result.Error);
    }

    /// <summary>Opens the session of the passkey's owner.</summary>
    [HttpPost, AllowAnonymous, SetsCookies, Refuses("auth.invalid_credentials", "auth.challenge_invalid")]
    public async Task<ActionResult<LoginResponse>> Login(PasskeyLoginRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new LoginPasskeyCommand(body.Challenge, body.Credential.GetRawText(), body.RememberMe ?? false), ct);
        return await SignInAnswers.OfAsync(browser, HttpContext, result);
    }
}

/// <param name="Challenge">Of the options.</param>
/// <param name="Credential">The credential's toJSON().</param>
/// <param name="RememberMe">As with a password.</param>
public sealed record PasskeyLoginRequest(string Challenge, JsonElement Credential, bool? RememberMe = null)
{
    public override string ToString() => nameof(PasskeyLoginRequest); // keeps the credential out of every log
}
