using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using MusicGen.Domain;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Http;

/// <summary>The one place that writes an error: RFC 9457 with a stable code and the request's id.</summary>
internal static class Problems
{
    public const string ContentType = MediaTypeNames.Application.ProblemJson;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = WireJson.Encoder,
    };

    /// <summary>Answers with an error; sets Retry-After, in whole seconds rounded up, where trying again makes sense.</summary>
    public static Task WriteAsync(HttpContext context, int status, Error error)
    {
        context.RequestServices.GetRequiredService<EdgeRefusals>().Note(context, error);
        context.RequestServices.GetRequiredService<ForeignObjects>().Note(context, error);
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = WholeSeconds(wait).ToString(CultureInfo.InvariantCulture);
        return WriteBodyAsync(context, error);
    }

    /// <summary>Writes the error alone: status and headers are set, and nobody counts it.</summary>
    public static Task WriteBodyAsync(HttpContext context, Error error)
    {
        var response = context.Response;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentType = ContentType;
            return Task.CompletedTask;
        }

        var problem = new Problem
        {
            Type = $"urn:problem:{error.Code}",
            Title = error.Message,
            Status = response.StatusCode,
            Code = error.Code,
            TraceId = context.TraceIdentifier,
            Errors = error.Fields,
        };
        return response.WriteAsJsonAsync(problem, Json, ContentType, context.RequestAborted);
    }

    /// <summary>What an answer without a body means, by its status: routing and the server itself send such.</summary>
    public static Error ForStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => Domain.Identity.IdentityErrors.AuthenticationRequired,
        StatusCodes.Status403Forbidden => Domain.Identity.IdentityErrors.Forbidden,
        StatusCodes.Status404NotFound => RequestErrors.RouteNotFound,
        StatusCodes.Status405MethodNotAllowed => RequestErrors.Method,
        StatusCodes.Status413PayloadTooLarge => RequestErrors.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => RequestErrors.ContentType,
        StatusCodes.Status416RangeNotSatisfiable => RequestErrors.Range,
        StatusCodes.Status503ServiceUnavailable => RequestErrors.Outage,
        >= 500 => RequestErrors.ServerError,
        _ => RequestErrors.Invalid,
    };

    /// <summary>Never too early: a second begun is a second to wait.</summary>
    public static long WholeSeconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
}

/// <summary>The shape of every error on the wire.</summary>
internal sealed record Problem
{
    /// <summary>Names the kind of problem; the code as a URN.</summary>
    public required string Type { get; init; }

    /// <summary>For people; says what to do next.</summary>
    public required string Title { get; init; }

    /// <summary>The answer's status.</summary>
    public required int Status { get; init; }

    /// <summary>Stable and machine-readable.</summary>
    public required string Code { get; init; }

    /// <summary>The answer's X-Request-ID: what an operator finds in the log.</summary>
    [JsonPropertyName("trace_id")]
    public required string TraceId { get; init; }

    /// <summary>What is wrong with which field, by its name on the wire; absent where no field is at fault.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
