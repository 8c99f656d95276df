using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.StepUp;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Controllers;

/// <summary>Proving once more who one is, before what is sensitive.</summary>
[Route("api/auth/step-up"), Authorize]
[BodyLimit(16 * 1024)]
public sealed class StepUpController(ISender sender) : ApiController
{
    /// <summary>Steps the session up for ten minutes.</summary>
    [HttpPost, Refuses("auth.invalid_credentials", "auth.too_many_attempts")]
    public async Task<ActionResult<StepUpResponse>> StepUp(StepUpRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new StepUpCommand(body.Password), ct);
        return result.IsSuccess ? new StepUpResponse(Success: true, result.Value.ExpiresAt) : Failure(result.Error);
    }
}

/// <param name="Password">The account's password.</param>
public sealed record StepUpRequest(string Password)
{
    public override string ToString() => nameof(StepUpRequest); // keeps the password out of every log
}

/// <param name="Success">Always true.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record StepUpResponse(bool Success, DateTimeOffset ExpiresAt);
