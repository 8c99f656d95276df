using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace MusicGen.WebApi.Http;

/// <summary>Sends a file, whole or in ranges; a range that the file doesn't have is a problem like any other.</summary>
internal sealed class RangedResult : FileStreamResult
{
    /// <param name="content">Seekable.</param>
    /// <param name="contentType">As in <c>audio/wav</c>.</param>
    /// <param name="tag">Strong, with its quotes.</param>
    public RangedResult(Stream content, string contentType, string tag)
        : base(content, contentType)
    {
        EntityTag = new EntityTagHeaderValue(tag);
        EnableRangeProcessing = true;
    }

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        // The base knows a tag that differs, but passes over a date, of which we have none to compare, and over nonsense.
        var request = context.HttpContext.Request.Headers;
        if (request.IfRange.Count > 0 && request.IfRange != EntityTag!.ToString())
            request.Remove(HeaderNames.Range);

        var response = context.HttpContext.Response;
        var body = response.Body;
        response.Body = new PatientBody(body, context.HttpContext);
        await base.ExecuteResultAsync(context);
        response.Body = body;
        if (response.StatusCode != StatusCodes.Status416RangeNotSatisfiable || response.HasStarted)
            return;
        response.ContentLength = null;
        response.Headers.Remove(HeaderNames.ContentDisposition);
        await Problems.WriteAsync(context.HttpContext, response.StatusCode, RequestErrors.Range);
    }
}
