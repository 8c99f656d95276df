using System.Text;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations.GetBatch;
using MusicGen.Application.Generations.OpenBatch;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Several requests at once.</summary>
[Route("api/v1/generate/batch"), Authorize, OpenToTokens(TokenScopes.Read)]
public sealed class BatchesController(ISender sender, IServiceScopeFactory scopes) : ApiController
{
    /// <summary>Accepts 1 to 10 requests; a bad one, or one over quota, fails alone.</summary>
    [HttpPost, OpenToTokens(TokenScopes.Generate)]
    [ProducesResponseType<BatchResponse>(StatusCodes.Status202Accepted)]
    public async Task<ActionResult<BatchResponse>> Create(BatchRequest body, CancellationToken ct)
    {
        var batch = await sender.Send(new OpenBatchCommand(body.Requests.Count), ct);
        if (!batch.IsSuccess)
            return Failure(batch.Error);
        var items = new List<BatchItem>();
        foreach (var request in body.Requests)
            items.Add(await AcceptAsync(items.Count, request, batch.Value.BatchId, ct));
        return Accepted($"/api/v1/generate/batch/{batch.Value.BatchId}", BatchResponse.Of(batch.Value.BatchId, items));
    }

    /// <summary>How far a batch is.</summary>
    [HttpGet("{batch_id}"), Refuses("batch.not_found")]
    public async Task<ActionResult<BatchView>> Get([FromRoute(Name = "batch_id")] string batchId, CancellationToken ct) =>
        Answer(await sender.Send(new GetBatchQuery(batchId), ct));

    // A scope of its own for each request: what one left behind in its unit of work must not fail the next.
    private async Task<BatchItem> AcceptAsync(int index, JsonElement request, Guid batchId, CancellationToken ct)
    {
        var utf8 = Encoding.UTF8.GetBytes(request.GetRawText());
        if (StrictJson.Read(utf8, typeof(GenerateRequest), WireJson.Options, out var faults) is not GenerateRequest read)
            return BatchItem.Of(index, Error.Invalid(faults));
        await using var scope = scopes.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<ISender>().Send(read.ToCommand(batchId: batchId), ct);
        return result.IsSuccess ? new BatchItem(index, result.Value.TaskId, Error: null) : BatchItem.Of(index, result.Error);
    }
}

/// <param name="Requests">1 to 10, each as for POST /api/v1/generate.</param>
public sealed record BatchRequest(IReadOnlyList<JsonElement> Requests);

/// <param name="BatchId">To follow the batch by.</param>
/// <param name="Items">What became of each request, in their order.</param>
/// <param name="Total">Requests that came.</param>
/// <param name="Accepted">Those that became tasks.</param>
public sealed record BatchResponse(string BatchId, IReadOnlyList<BatchItem> Items, int Total, int Accepted)
{
    internal static BatchResponse Of(Guid batchId, List<BatchItem> items) =>
        new(batchId.ToString("D"), items, items.Count, items.Count(i => i.TaskId is not null));
}

/// <param name="Index">From 0.</param>
/// <param name="TaskId">Null when it was refused.</param>
/// <param name="Error">Null when it was accepted.</param>
public sealed record BatchItem(int Index, string? TaskId, BatchItemError? Error)
{
    internal static BatchItem Of(int index, Error error) =>
        new(index, TaskId: null, new BatchItemError(error.Code, error.Message, error.Fields, error.RetryAfter is { } wait ? Problems.WholeSeconds(wait) : null));
}

/// <param name="Code">As in a problem.</param>
/// <param name="Message">For people.</param>
/// <param name="Errors">What is wrong with which field.</param>
/// <param name="RetryAfter">In seconds, where trying again makes sense.</param>
public sealed record BatchItemError(string Code, string Message, IReadOnlyDictionary<string, string[]>? Errors, long? RetryAfter);
