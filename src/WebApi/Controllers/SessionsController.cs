using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Sessions.ListSessions;
using MusicGen.Application.Sessions.RevokeSession;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>The caller's sign-ins, one for each device.</summary>
[Route("api/auth/sessions"), Authorize, OpenBeforeSecondFactor]
public sealed class SessionsController(ISender sender) : ApiController
{
    /// <summary>The living ones, the latest seen first.</summary>
    [HttpGet]
    public async Task<ActionResult<SessionList>> List(CancellationToken ct) => Answer(await sender.Send(new ListSessionsQuery(), ct));

    /// <summary>Ends one.</summary>
    /// <remarks>Another than the caller's own asks for a step-up when the sign-in is a quarter of an hour old.</remarks>
    [HttpDelete("{id}"), Refuses("session.not_found", "auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Revoke(string id, CancellationToken ct)
    {
        var result = await sender.Send(new RevokeSessionCommand(id), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }
}
