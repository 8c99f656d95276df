using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Quotas.GetQuota;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>What the caller may still make.</summary>
[Route("api/v1/quota"), Authorize, OpenToTokens(TokenScopes.Read)]
public sealed class QuotasController(ISender sender) : ApiController
{
    /// <summary>The plan of the caller's tier, and what of it is used.</summary>
    [HttpGet]
    public async Task<ActionResult<QuotaView>> Get(CancellationToken ct) => Answer(await sender.Send(new GetQuotaQuery(), ct));
}
