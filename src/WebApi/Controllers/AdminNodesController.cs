using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Nodes.DrainNode;
using MusicGen.Application.Nodes.ListNodes;
using MusicGen.Application.Nodes.ListQueues;
using MusicGen.Application.Nodes.LoadModel;
using MusicGen.Application.Nodes.PauseTier;
using MusicGen.Application.Nodes.ResumeNode;
using MusicGen.Application.Nodes.ResumeTier;
using MusicGen.Application.Nodes.UnloadModel;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Nodes and their queues, for administrators. Nodes follow an order within two seconds.</summary>
[Route("api/v1/admin"), Authorize(Policy = Policies.Admin), OpenToTokens(TokenScopes.Admin)]
public sealed class AdminNodesController(ISender sender) : ApiController
{
    /// <summary>The nodes that were heard of in the last ten minutes, by name, and others that are to drain.</summary>
    [HttpGet("nodes")]
    public async Task<ActionResult<NodeList>> Nodes(CancellationToken ct) => Answer(await sender.Send(new ListNodesQuery(), ct));

    /// <summary>Has a node take no new task, also after a restart, and finish what it works on.</summary>
    [HttpPost("nodes/{name}/drain"), Refuses("node.not_found", "auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Drain(string name, CancellationToken ct) => Done(await sender.Send(new DrainNodeCommand(name), ct));

    /// <summary>Lets it take tasks again.</summary>
    [HttpPost("nodes/{name}/resume"), Refuses("node.not_found", "auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Resume(string name, CancellationToken ct) => Done(await sender.Send(new ResumeNodeCommand(name), ct));

    /// <summary>Has a node load a model ahead of its first song.</summary>
    [HttpPost("nodes/{name}/models/load"), Refuses("node.not_found", "node.lost", "model.not_found", "model.built_in", "auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Load(string name, NodeModelRequest body, CancellationToken ct) =>
        Done(await sender.Send(new LoadModelCommand(name, body.Model), ct));

    /// <summary>Has a node unload a model as soon as no song uses it.</summary>
    [HttpPost("nodes/{name}/models/unload"), Refuses("node.not_found", "node.lost", "model.not_found", "model.built_in", "auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Unload(string name, NodeModelRequest body, CancellationToken ct) =>
        Done(await sender.Send(new UnloadModelCommand(name, body.Model), ct));

    /// <summary>What waits and runs in each tier.</summary>
    [HttpGet("queues")]
    public async Task<ActionResult<QueueList>> Queues(CancellationToken ct) => Answer(await sender.Send(new ListQueuesQuery(), ct));

    /// <summary>Lets a tier's tasks wait; those that run are finished.</summary>
    [HttpPost("tiers/{tier}/pause"), Refuses("auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Pause(string tier, CancellationToken ct) => Done(await sender.Send(new PauseTierCommand(tier), ct));

    /// <summary>Lets the nodes take a tier's tasks again.</summary>
    [HttpPost("tiers/{tier}/resume"), Refuses("auth.step_up_required")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> ResumeTier(string tier, CancellationToken ct) => Done(await sender.Send(new ResumeTierCommand(tier), ct));

    private ActionResult Done(Result<None> result) => result.IsSuccess ? NoContent() : Failure(result.Error);
}

/// <param name="Model">A model's id, as the node lists it.</param>
public sealed record NodeModelRequest(string Model);
