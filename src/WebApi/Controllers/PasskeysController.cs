using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.AddPasskey;
using MusicGen.Application.Identity.GetNewPasskeyOptions;
using MusicGen.Application.Identity.RemovePasskey;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>The caller's passkeys (Web Authentication).</summary>
[Route("api/auth/passkeys"), Authorize, OpenBeforeSecondFactor]
[BodyLimit(64 * 1024)]
public sealed class PasskeysController(ISender sender) : ApiController
{
    /// <summary>What navigator.credentials.create() takes. Needs a step-up.</summary>
    [HttpPost("options"), Refuses("auth.step_up_required", "factor.limit")]
    public async Task<ActionResult<PasskeyOptionsResponse>> Options(CancellationToken ct)
    {
        var result = await sender.Send(new GetNewPasskeyOptionsQuery(), ct);
        return result.IsSuccess ? PasskeyOptionsResponse.Of(result.Value) : Failure(result.Error);
    }

    /// <summary>Adds the passkey that it gave. Needs a step-up.</summary>
    [HttpPost, Refuses("auth.step_up_required", "factor.limit")]
    [ProducesResponseType<PasskeyAdded>(StatusCodes.Status201Created)]
    public async Task<ActionResult<PasskeyAdded>> Add(AddPasskeyRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new AddPasskeyCommand(body.Challenge, body.Name, body.Credential.GetRawText()), ct);
        return result.IsSuccess ? StatusCode(StatusCodes.Status201Created, result.Value) : Failure(result.Error);
    }

    /// <summary>Removes one. Needs a step-up.</summary>
    [HttpDelete("{id}"), Refuses("auth.step_up_required", "auth.second_factor_required", "factor.not_found")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Remove(string id, CancellationToken ct)
    {
        var result = await sender.Send(new RemovePasskeyCommand(id), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }
}

/// <param name="Challenge">Names the ceremony; comes back with the credential.</param>
/// <param name="Options">What navigator.credentials takes, as JSON of Web Authentication level 3.</param>
public sealed record PasskeyOptionsResponse(string Challenge, JsonElement Options)
{
    internal static PasskeyOptionsResponse Of(PasskeyRequest request) => new(request.Challenge, JsonElement.Parse(request.Options));
}

/// <param name="Challenge">Of the options.</param>
/// <param name="Name">1 to 64 characters, for its owner.</param>
/// <param name="Credential">The credential's toJSON().</param>
public sealed record AddPasskeyRequest(string Challenge, string Name, JsonElement Credential)
{
    public override string ToString() => nameof(AddPasskeyRequest); // keeps the credential out of every log
}
