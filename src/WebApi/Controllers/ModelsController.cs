using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GetModel;
using MusicGen.Application.Generations.ListModels;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>What this machine makes music with.</summary>
[Route("api/v1/models"), AllowAnonymous, OpenToTokens(TokenScopes.Read)]
public sealed class ModelsController(ISender sender) : ApiController
{
    /// <summary>All models, the default first.</summary>
    [HttpGet]
    public async Task<ActionResult<ModelList>> List(CancellationToken ct) => Answer(await sender.Send(new ListModelsQuery(), ct));

    /// <summary>One model; its id may hold a slash, encoded or not.</summary>
    [HttpGet("{**id}"), Refuses("model.not_found")]
    public async Task<ActionResult<ModelView>> Get(string id, CancellationToken ct) =>
        Answer(await sender.Send(new GetModelQuery(id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)), ct));
}
