using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.ListenToGeneration;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Sends a sound as it is made, under the length that it will have; or its file. One that is cut off ends with its
/// connection, so that no client takes it for the whole.
/// </summary>
/// <param name="sound">What there is to hear; null when its listener's time was over before.</param>
/// <param name="held">Ends it.</param>
internal sealed class SoundStreamResult(HeardSound? sound, HeldStream held) : ActionResult
{
    private const string ContentType = "audio/wav";

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "same-site";
        if (sound?.File is { } file)
        {
            http.Response.Headers.CacheControl = "private, no-cache";
            await new RangedResult(file.Content, file.ContentType, file.ETag).ExecuteResultAsync(context);
            return;
        }

        if (sound?.Live is not { } live || await held.WhileItLastsAsync(ended => SendAsync(http, live, ended)) is null)
            http.Abort();
    }

    /// <returns>Null where the sound was cut off.</returns>
    private static async Task<LiveFile?> SendAsync(HttpContext http, LiveFile live, CancellationToken ended)
    {
        var response = http.Response;
        response.ContentType = ContentType;
        response.ContentLength = live.Length;
        response.Headers.AcceptRanges = "none"; // a player that may seek would first ask for the end
        response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await using var body = new PatientBody(response.Body, http);
        var sent = 0L;
        await foreach (var part in live.Parts.WithCancellation(ended))
        {
            await body.WriteAsync(part, ended);
            sent += part.Length;
        }

        return sent == live.Length ? live : null;
    }
}
