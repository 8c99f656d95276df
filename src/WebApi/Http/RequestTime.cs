using Microsoft.AspNetCore.Http.Timeouts;

namespace MusicGen.WebApi.Http;

/// <summary>
/// How long a request may take from its routing to its answer. What outlasts it is a store that hangs; its client hears
/// so instead of waiting for ever. Streams and downloads, which last as long as somebody listens, say
/// <see cref="DisableRequestTimeoutAttribute"/>.
/// </summary>
internal static class RequestTime
{
    /// <summary>For a body, once its headers are there. 256 KB in that time is 70 kbit/s.</summary>
    public static readonly TimeSpan ForBody = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ForAnswer = TimeSpan.FromSeconds(60);

    public static void Configure(RequestTimeoutOptions options) => options.DefaultPolicy = new RequestTimeoutPolicy
    {
        Timeout = ForAnswer,
        TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
        WriteTimeoutResponse = context => Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, RequestErrors.Outage),
    };
}
