using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.GetJwks;

namespace MusicGen.WebApi.Controllers;

/// <summary>Lets others verify our access tokens.</summary>
[Route(".well-known/jwks.json"), AllowAnonymous]
public sealed class JwksController(ISender sender) : ApiController
{
    /// <summary>The public keys, as a JSON Web Key Set.</summary>
    [HttpGet]
    [Produces("application/jwk-set+json", Type = typeof(object))]
    public async Task<ActionResult> Get(CancellationToken ct)
    {
        var result = await sender.Send(new GetJwksQuery(), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        Response.Headers.CacheControl = "public, max-age=60"; // a new key is announced two minutes before it signs
        return Content(result.Value.Json, "application/jwk-set+json");
    }
}
