using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.GetSecondFactorOptions;
using MusicGen.Application.Identity.VerifySecondFactor;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>The second step of a sign-in whose account has a second factor.</summary>
[Route("api/auth/login/second-factor")]
[BodyLimit(64 * 1024)]
public sealed class SecondFactorController(ISender sender, BrowserSession browser) : ApiController
{
    /// <summary>Opens the session by a code, a recovery code or a passkey.</summary>
    [HttpPost, AllowAnonymous, SetsCookies]
    [Refuses("auth.invalid_credentials", "auth.challenge_invalid", "auth.too_many_attempts")]
    public async Task<ActionResult<LoginResponse>> Verify(SecondFactorRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new VerifySecondFactorCommand(body.Challenge, body.Code, body.RecoveryCode, body.Credential?.GetRawText()), ct);
        return await SignInAnswers.OfAsync(browser, HttpContext, result);
    }

    /// <summary>What navigator.credentials.get() takes for the account's passkeys.</summary>
    [HttpPost("options"), AllowAnonymous, Refuses("auth.challenge_invalid")]
    public async Task<ActionResult<SecondFactorOptionsResponse>> Options(SecondFactorOptionsRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new GetSecondFactorOptionsQuery(body.Challenge), ct);
        return result.IsSuccess ? new SecondFactorOptionsResponse(JsonElement.Parse(result.Value.Options)) : Failure(result.Error);
    }
}

/// <param name="Challenge">Of the sign-in.</param>
/// <param name="Code">The six digits of the authenticator app.</param>
/// <param name="RecoveryCode">Or one of the recovery codes.</param>
/// <param name="Credential">Or a passkey: the credential's toJSON().</param>
public sealed record SecondFactorRequest(string Challenge, string? Code = null, string? RecoveryCode = null, JsonElement? Credential = null)
{
    public override string ToString() => nameof(SecondFactorRequest); // keeps the codes out of every log
}

/// <param name="Challenge">Of the sign-in.</param>
public sealed record SecondFactorOptionsRequest(string Challenge)
{
    public override string ToString() => nameof(SecondFactorOptionsRequest); // keeps the challenge out of every log
}

/// <param name="Options">What navigator.credentials.get() takes, as JSON of Web Authentication level 3.</param>
public sealed record SecondFactorOptionsResponse(JsonElement Options);
