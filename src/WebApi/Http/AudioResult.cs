using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using MusicGen.Application.Generations;

namespace MusicGen.WebApi.Http;

/// <summary>Sends audio, whole or in ranges; a range that the file doesn't have is a problem like any other.</summary>
internal sealed class AudioResult : FileStreamResult
{
    public AudioResult(AudioFile audio)
        : base(audio.Content, audio.ContentType)
    {
        EntityTag = new EntityTagHeaderValue(audio.ETag);
        EnableRangeProcessing = true;
    }

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        await base.ExecuteResultAsync(context);
        var response = context.HttpContext.Response;
        if (response.StatusCode != StatusCodes.Status416RangeNotSatisfiable || response.HasStarted)
            return;
        response.ContentLength = null;
        response.Headers.Remove(HeaderNames.ContentDisposition);
        await Problems.WriteAsync(context.HttpContext, response.StatusCode, RequestErrors.Range);
    }
}
