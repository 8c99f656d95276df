using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelTask;
using MusicGen.Application.Generations.RequeueTask;
using MusicGen.Application.Nodes.ListTasks;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Everybody's tasks, for administrators: what becomes of them, not what they say.</summary>
[Route("api/v1/admin/tasks"), Authorize(Policy = Policies.Admin), OpenToTokens(TokenScopes.Admin)]
public sealed class AdminTasksController(ISender sender) : ApiController
{
    /// <summary>Tasks of all users.</summary>
    /// <param name="limit">1 to 100; 20 when absent.</param>
    /// <param name="cursor">The earlier page's next_cursor.</param>
    /// <param name="status">waiting, running, failed or all, which it is when absent.</param>
    /// <param name="order">Which come first: newest, which it is when absent, or oldest. A cursor goes on in the order that it came with.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet]
    public async Task<ActionResult<TaskPage>> List(int? limit, string? cursor, string? status, string? order, CancellationToken ct) =>
        Answer(await sender.Send(new ListTasksQuery(limit, cursor, status, order), ct));

    /// <summary>Stops a task; its owner gets back what they would get had they done it.</summary>
    [HttpPost("{task_id}/cancel"), Refuses("generation.not_found", "auth.step_up_required")]
    public async Task<ActionResult<OperatedTask>> Cancel([FromRoute(Name = "task_id")] string taskId, CancellationToken ct) =>
        Answer(await sender.Send(new CancelTaskCommand(taskId), ct));

    /// <summary>Has a task tried again that failed, or that runs and is taken from its worker.</summary>
    [HttpPost("{task_id}/requeue"), Refuses("generation.not_found", "generation.not_failed", "auth.step_up_required")]
    public async Task<ActionResult<OperatedTask>> Requeue([FromRoute(Name = "task_id")] string taskId, CancellationToken ct) =>
        Answer(await sender.Send(new RequeueTaskCommand(taskId), ct));
}
