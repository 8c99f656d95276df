using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Writes what an action returns. All our answers are JSON, so nothing is negotiated, and they are small enough to be
/// written at once, with their length.
/// </summary>
internal sealed class JsonAnswers : IActionResultExecutor<ObjectResult>
{
    private const string ContentType = "application/json; charset=utf-8";

    public Task ExecuteAsync(ActionContext context, ObjectResult result)
    {
        result.OnFormatting(context); // status and Location
        var response = context.HttpContext.Response;
        var body = JsonSerializer.SerializeToUtf8Bytes(result.Value, WireJson.Options);
        response.ContentType = ContentType;
        response.ContentLength = body.Length;
        return response.BodyWriter.WriteAsync(body, context.HttpContext.RequestAborted).AsTask();
    }
}
