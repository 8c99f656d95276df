using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.BeginTotp;
using MusicGen.Application.Identity.DisableTotp;
using MusicGen.Application.Identity.EnableTotp;
using MusicGen.Application.Identity.GetFactors;
using MusicGen.Application.Identity.RenewRecoveryCodes;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>The caller's second factors: an authenticator app, and the recovery codes for its loss.</summary>
[Route("api/auth/factors"), Authorize, OpenBeforeSecondFactor]
[BodyLimit(16 * 1024)]
public sealed class FactorsController(ISender sender) : ApiController
{
    /// <summary>What is on.</summary>
    [HttpGet]
    public async Task<ActionResult<FactorsView>> Get(CancellationToken ct) => Answer(await sender.Send(new GetFactorsQuery(), ct));

    /// <summary>Makes a secret for an authenticator app; nothing is on until a code confirms it. Needs a step-up.</summary>
    [HttpPost("totp"), Refuses("auth.step_up_required", "auth.factor_exists")]
    public async Task<ActionResult<TotpSecretResponse>> BeginTotp(CancellationToken ct)
    {
        var result = await sender.Send(new BeginTotpCommand(), ct);
        return result.IsSuccess ? new TotpSecretResponse(result.Value.Secret, result.Value.Uri, result.Value.Qr) : Failure(result.Error);
    }

    /// <summary>Turns the authenticator app on by its first code. Needs a step-up.</summary>
    [HttpPost("totp/confirm"), Refuses("auth.step_up_required", "factor.not_found")]
    public async Task<ActionResult<TotpEnabledResponse>> EnableTotp(EnableTotpRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new EnableTotpCommand(body.Code), ct);
        return result.IsSuccess ? new TotpEnabledResponse(Success: true, result.Value.RecoveryCodes) : Failure(result.Error);
    }

    /// <summary>Turns it off. Needs a step-up.</summary>
    [HttpDelete("totp"), Refuses("auth.step_up_required", "auth.second_factor_required", "factor.not_found")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> DisableTotp(CancellationToken ct)
    {
        var result = await sender.Send(new DisableTotpCommand(), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }

    /// <summary>Makes ten new recovery codes in place of all. Needs a step-up.</summary>
    [HttpPost("recovery-codes"), Refuses("auth.step_up_required", "factor.not_found")]
    public async Task<ActionResult<RecoveryCodesRenewed>> RenewRecoveryCodes(CancellationToken ct) =>
        Answer(await sender.Send(new RenewRecoveryCodesCommand(), ct));
}

/// <param name="Secret">To be typed into an authenticator app, base32.</param>
/// <param name="Uri">The same as an otpauth:// address.</param>
/// <param name="Qr">That address as a QR code: rows of modules, 1 for a dark one, without the quiet zone.</param>
public sealed record TotpSecretResponse(string Secret, string Uri, IReadOnlyList<string> Qr)
{
    public override string ToString() => nameof(TotpSecretResponse); // keeps the secret out of every log
}

/// <param name="Code">The six digits that the app shows.</param>
public sealed record EnableTotpRequest(string Code)
{
    public override string ToString() => nameof(EnableTotpRequest); // keeps the code out of every log
}

/// <param name="Success">Always true.</param>
/// <param name="RecoveryCodes">Shown once, where this is the first factor; null otherwise.</param>
public sealed record TotpEnabledResponse(bool Success, IReadOnlyList<string>? RecoveryCodes)
{
    public override string ToString() => nameof(TotpEnabledResponse); // keeps the codes out of every log
}
