using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Sessions.ListSessions;
using MusicGen.Application.Sessions.RevokeSession;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Controllers;

/// <summary>The caller's sign-ins, one for each device.</summary>
[Route("api/auth/sessions"), Authorize]
public sealed class SessionsController(ISender sender) : ApiController
{
    /// <summary>The living ones, the latest seen first.</summary>
    [HttpGet]
    public async Task<ActionResult<SessionList>> List(CancellationToken ct) => Answer(await sender.Send(new ListSessionsQuery(), ct));

    /// <summary>Ends one.</summary>
    [HttpDelete("{id}"), Refuses("session.not_found")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Revoke(string id, CancellationToken ct)
    {
        var result = await sender.Send(new RevokeSessionCommand(id), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }
}
