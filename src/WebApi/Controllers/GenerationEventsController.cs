using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.ListenToGeneration;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>A task as it happens.</summary>
[Route("api/v1/generate"), Authorize, OpenToTokens(TokenScopes.Read)]
public sealed class GenerationEventsController(
    GenerationEvents events, GenerationListening sounds, IEventStreams streams, ICurrentUser caller) : ApiController
{
    /// <summary>Server-sent events: progress, then completed, failed or cancelled with the task.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="lastEventId">The last event that the client saw.</param>
    /// <param name="ct">Ends the stream.</param>
    [HttpGet("{task_id}/events"), DisableRequestTimeout, Refuses("generation.not_found")]
    [Produces(EventStreamResult.ContentType, Type = typeof(string))]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Events(
        [FromRoute(Name = "task_id")] string taskId, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, CancellationToken ct)
    {
        var stream = await events.WatchAsync(taskId, lastEventId, ct);
        if (!stream.IsSuccess)
            return Failure(stream.Error);
        if (stream.Value.IsOver)
            return NoContent(); // tells an EventSource that there is nothing to come back for
        return await streams.TryOpenAsync(caller.Required, ct) is { } place
            ? new EventStreamResult(stream.Value.Events, place)
            : Failure(GenerationErrors.StreamsExceeded);
    }

    /// <summary>The sound from its first sample on, while it is made: the bytes of the 16-bit file to be. Waits for the task's start.</summary>
    /// <param name="taskId">The task, of "normalize": "none".</param>
    /// <param name="ct">Ends the stream.</param>
    [HttpGet("{task_id}/stream"), DisableRequestTimeout]
    [Refuses("generation.not_found", "generation.not_completed", "generation.stream_needs_fixed_gain", "audio.range")]
    [Produces("audio/wav", Type = typeof(Stream))]
    [ProducesResponseType<Stream>(StatusCodes.Status206PartialContent, "audio/wav")]
    [ProducesResponseType(StatusCodes.Status304NotModified)]
    public async Task<ActionResult> Stream([FromRoute(Name = "task_id")] string taskId, CancellationToken ct)
    {
        if (await streams.TryOpenAsync(caller.Required, ct) is not { } place)
            return Failure(GenerationErrors.StreamsExceeded);
        var held = new HeldStream(HttpContext, place);
        Response.RegisterForDisposeAsync(held);
        var sound = await held.WhileItLastsAsync<Result<HeardSound>>(async ended => await sounds.ListenAsync(taskId, ended));
        return sound is { IsSuccess: false } ? Failure(sound.Error) : new SoundStreamResult(sound?.Value, held);
    }
}
