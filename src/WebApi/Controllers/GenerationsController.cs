using System.Security.Cryptography;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.DeleteGeneration;
using MusicGen.Application.Generations.GetGeneration;
using MusicGen.Application.Generations.GetGenerationAudio;
using MusicGen.Application.Generations.GetGenerationMidi;
using MusicGen.Application.Generations.GetGenerationPeaks;
using MusicGen.Application.Generations.GetGenerationStems;
using MusicGen.Application.Generations.ListGenerations;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Music: asked for, followed, heard.</summary>
[Route("api/v1/generate"), Authorize, OpenToTokens(TokenScopes.Read)]
public sealed class GenerationsController(ISender sender) : ApiController
{
    /// <summary>Accepts a request; the task waits in its queue when this answers.</summary>
    /// <param name="body">What to make.</param>
    /// <param name="idempotencyKey">The caller's name of this request: the same name and body within a day is the same task.</param>
    /// <param name="ct">Cancels.</param>
    [HttpPost, BodyLimit(64 * 1024), OpenToTokens(TokenScopes.Generate)]
    [Refuses("model.not_found", "generation.not_found", "generation.unsupported_field", "idempotency.mismatch", "quota.exceeded", "generation.queue_full")]
    [ProducesResponseType<GenerationView>(StatusCodes.Status202Accepted)]
    public async Task<ActionResult<GenerationView>> Generate(
        GenerateRequest body, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, CancellationToken ct)
    {
        var result = await sender.Send(body.ToCommand(idempotencyKey), ct);
        return result.IsSuccess ? Accepted($"/api/v1/generate/{result.Value.TaskId}", result.Value) : Failure(result.Error);
    }

    /// <summary>The caller's tasks, the newest first.</summary>
    /// <param name="limit">1 to 100; 20 when absent.</param>
    /// <param name="cursor">The earlier page's next_cursor.</param>
    /// <param name="status">pending, processing, completed, failed or cancelled; all when absent.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet]
    public async Task<ActionResult<GenerationPage>> List(int? limit, string? cursor, string? status, CancellationToken ct) =>
        Answer(await sender.Send(new ListGenerationsQuery(limit, cursor, status), ct));

    /// <summary>One task.</summary>
    [HttpGet("{task_id}"), Refuses("generation.not_found")]
    public async Task<ActionResult<GenerationView>> Get([FromRoute(Name = "task_id")] string taskId, CancellationToken ct) =>
        Answer(await sender.Send(new GetGenerationQuery(taskId), ct));

    /// <summary>The sound, whole or in ranges.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="format">wav (16 bit), wav-f32, flac, mp3 or ogg; wav when absent.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet("{task_id}/audio"), DisableRequestTimeout, HttpHead("{task_id}/audio")]
    [Refuses("generation.not_found", "generation.not_completed", "audio.range", "audio.format_unavailable")]
    [Produces("audio/wav", "audio/flac", "audio/mpeg", "audio/ogg", Type = typeof(Stream))]
    [ProducesResponseType<Stream>(StatusCodes.Status206PartialContent, "audio/wav", "audio/flac", "audio/mpeg", "audio/ogg")]
    [ProducesResponseType(StatusCodes.Status304NotModified)]
    public async Task<ActionResult> Audio([FromRoute(Name = "task_id")] string taskId, string? format, CancellationToken ct)
    {
        var result = await sender.Send(new GetGenerationAudioQuery(taskId, format), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        var audio = result.Value;
        AllowReplay("same-site");
        Response.Headers.ContentDisposition = $"attachment; filename=\"musicgen-{taskId}.{audio.Extension}\"";
        return new RangedResult(audio.Content, audio.ContentType, audio.ETag);
    }

    /// <summary>The outline of the sound, for drawing.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="points">How many parts; 800 when absent.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet("{task_id}/peaks"), Refuses("generation.not_found", "generation.not_completed")]
    public async Task<ActionResult<PeaksView>> Peaks([FromRoute(Name = "task_id")] string taskId, int? points, CancellationToken ct)
    {
        var result = await sender.Send(new GetGenerationPeaksQuery(taskId, points), ct);
        if (result.IsSuccess)
            AllowReplay("same-origin");
        return Answer(result);
    }

    /// <summary>The notes of a composed piece, as a standard MIDI file.</summary>
    [HttpGet("{task_id}/midi"), HttpHead("{task_id}/midi")]
    [Refuses("generation.not_found", "generation.not_completed", "generation.no_score", "generation.score_outdated", "audio.range")]
    [Produces("audio/midi", Type = typeof(Stream))]
    [ProducesResponseType<Stream>(StatusCodes.Status206PartialContent, "audio/midi")]
    [ProducesResponseType(StatusCodes.Status304NotModified)]
    public async Task<ActionResult> Midi([FromRoute(Name = "task_id")] string taskId, CancellationToken ct)
    {
        var result = await sender.Send(new GetGenerationMidiQuery(taskId), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        var score = result.Value.Content;
        AllowReplay("same-site");
        Response.Headers.ContentDisposition = $"attachment; filename=\"musicgen-{taskId}.mid\"";
        return new RangedResult(new MemoryStream(score), "audio/midi", $"\"{Convert.ToHexStringLower(SHA256.HashData(score))}\"");
    }

    /// <summary>The players of a composed piece as WAV files that add up to it, in a ZIP, made while it is sent.</summary>
    [HttpGet("{task_id}/stems"), DisableRequestTimeout, Refuses("generation.not_found", "generation.not_completed", "generation.no_score", "generation.score_outdated")]
    [Produces("application/zip", Type = typeof(Stream))]
    public async Task<ActionResult> Stems([FromRoute(Name = "task_id")] string taskId, CancellationToken ct)
    {
        var result = await sender.Send(new GetGenerationStemsQuery(taskId), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        AllowReplay("same-site");
        Response.Headers.ContentDisposition = $"attachment; filename=\"musicgen-{taskId}-stems.zip\"";
        Response.Body = new PatientBody(Response.Body, HttpContext); // whoever stops taking them gives the place to somebody else
        return new FileStreamResult(result.Value.Content, "application/zip");
    }

    /// <summary>Stops a task within one step; a finished one stays as it is.</summary>
    [HttpPost("{task_id}/cancel"), OpenToTokens(TokenScopes.Generate), Refuses("generation.not_found")]
    public async Task<ActionResult<GenerationView>> Cancel([FromRoute(Name = "task_id")] string taskId, CancellationToken ct) =>
        Answer(await sender.Send(new CancelGenerationCommand(taskId), ct));

    /// <summary>Cancels a task, then removes its audio and its record.</summary>
    [HttpDelete("{task_id}"), OpenToTokens(TokenScopes.Generate), Refuses("generation.not_found")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Delete([FromRoute(Name = "task_id")] string taskId, CancellationToken ct)
    {
        var result = await sender.Send(new DeleteGenerationCommand(taskId), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }

    // A player that may keep nothing would load the whole file again at each seek.
    private void AllowReplay(string readers)
    {
        Response.Headers.CacheControl = "private, no-cache";
        Response.Headers["Cross-Origin-Resource-Policy"] = readers;
    }
}
