using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.GetStepUpOptions;
using MusicGen.Application.Identity.StepUp;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Proving once more who one is, before what is sensitive.</summary>
[Route("api/auth/step-up"), Authorize, OpenBeforeSecondFactor]
[BodyLimit(64 * 1024)]
public sealed class StepUpController(ISender sender) : ApiController
{
    /// <summary>Steps the session up for ten minutes: by the password, with a code where there is a second factor, or by a passkey alone.</summary>
    [HttpPost, Refuses("auth.invalid_credentials", "auth.challenge_invalid", "auth.too_many_attempts")]
    public async Task<ActionResult<StepUpResponse>> StepUp(StepUpRequest body, CancellationToken ct)
    {
        var result = await sender.Send(body.ToCommand(), ct);
        return result.IsSuccess ? new StepUpResponse(Success: true, result.Value.ExpiresAt) : Failure(result.Error);
    }

    /// <summary>What navigator.credentials.get() takes for the caller's passkeys.</summary>
    [HttpPost("options")]
    public async Task<ActionResult<PasskeyOptionsResponse>> Options(CancellationToken ct)
    {
        var result = await sender.Send(new GetStepUpOptionsQuery(), ct);
        return result.IsSuccess ? PasskeyOptionsResponse.Of(result.Value) : Failure(result.Error);
    }
}

/// <param name="Password">The account's password.</param>
/// <param name="Code">The six digits of the authenticator app, where there is a second factor.</param>
/// <param name="RecoveryCode">Or one of the recovery codes.</param>
/// <param name="Passkey">Or a passkey, in place of all.</param>
public sealed record StepUpRequest(string? Password = null, string? Code = null, string? RecoveryCode = null, StepUpPasskey? Passkey = null)
{
    public override string ToString() => nameof(StepUpRequest); // keeps the secrets out of every log

    internal StepUpCommand ToCommand() =>
        new(Password, Code, RecoveryCode, Passkey is null ? null : new ShownPasskey(Passkey.Challenge, Passkey.Credential.GetRawText()));
}

/// <param name="Challenge">Of the options.</param>
/// <param name="Credential">The credential's toJSON().</param>
public sealed record StepUpPasskey(string Challenge, JsonElement Credential)
{
    public override string ToString() => nameof(StepUpPasskey); // keeps the credential out of every log
}

/// <param name="Success">Always true.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record StepUpResponse(bool Success, DateTimeOffset ExpiresAt);
