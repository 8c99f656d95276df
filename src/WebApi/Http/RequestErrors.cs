using MusicGen.Domain;

namespace MusicGen.WebApi.Http;

/// <summary>Refusals that concern the request as such, before any use case sees it.</summary>
internal static class RequestErrors
{
    public static readonly Error Invalid =
        new("request.invalid", "The request is not valid.", ErrorKind.Invalid);

    public static readonly Error RouteNotFound =
        new("route.not_found", "There is nothing at this address. /docs lists what there is.", ErrorKind.NotFound);

    public static readonly Error Method =
        new("request.method", "This address doesn't take that method. The Allow header lists those it takes.", ErrorKind.Invalid);

    public static readonly Error Timeout =
        new("request.timeout", "The body came too slowly. Send the request again.", ErrorKind.Invalid);

    public static readonly Error TooLarge =
        new("request.too_large", "The body is too large.", ErrorKind.Invalid);

    public static readonly Error ContentType =
        new("request.content_type", "Send the body as Content-Type: application/json, in UTF-8 and without Content-Encoding.", ErrorKind.Invalid);

    public static readonly Error Range =
        new("audio.range", "The file has no such range. The Content-Range header says how long it is.", ErrorKind.Invalid);

    public static readonly Error ServerError =
        new("server.error", "Something went wrong on our side. It has been logged; tell the operator the trace_id.", ErrorKind.Unavailable);

    public static readonly Error Outage =
        Error.Unavailable("The service can't answer at the moment. Try again shortly.", TimeSpan.FromSeconds(2));

    public static Error Host(string advice) => new("request.host", advice, ErrorKind.Invalid);

    public static Error RateLimited(TimeSpan retryAfter) =>
        new("rate_limit.exceeded", "Too many requests. Wait as long as Retry-After says.", ErrorKind.Throttled) { RetryAfter = retryAfter };
}
