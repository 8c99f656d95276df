using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Unicode;
using System.Threading.RateLimiting;
using Microsoft.Net.Http.Headers;
using MusicGen.Application.Pipeline;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Where browsers tell that the page's policy stopped something. They send no token, so this is the listed exemption of the
/// CSRF rules; it changes nothing. Reports are counted, and one a minute of each directive is written to the log.
/// </summary>
internal sealed partial class CspReports(TimeProvider time, ILogger<CspReports> logger) : IDisposable
{
    public const string Path = "/csp-report";

    /// <summary>Name of the endpoint for the Reporting API.</summary>
    public const string Group = "csp";

    private const int MaxBytes = 8 * 1024;
    private const int MaxText = 100;
    private const int AMinute = 60;

    private static readonly string[] Types = ["application/csp-report", "application/reports+json", "application/json"];

    /// <summary>Directives of the page's policy; whatever else a report names is counted as other.</summary>
    private static readonly HashSet<string> Directives = new(StringComparer.Ordinal)
    {
        "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "img-src", "connect-src",
        "media-src", "font-src", "manifest-src", "base-uri", "form-action", "frame-ancestors", "require-trusted-types-for",
    };

    private static readonly Counter<long> Reports = Telemetry.Meter.CreateCounter<long>("musicgen.csp.reports", "{report}", "Violations of the page's policy that browsers reported, by directive.");

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = AMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));

    private readonly Lock _sampling = new();
    private readonly Dictionary<string, long> _logged = new(StringComparer.Ordinal);

    /// <summary>Takes a report in.</summary>
    public async Task ReceiveAsync(HttpContext context)
    {
        using var lease = _limiter.AttemptAcquire(ClientAddress.Of(context).CountKey);
        if (!lease.IsAcquired)
            await Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, RequestErrors.RateLimited(
                lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1)));
        else if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !Types.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase))
            await Problems.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType, RequestErrors.ContentType);
        else if (await ReadAsync(context) is not { } body)
            await Problems.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, RequestErrors.TooLarge);
        else
        {
            foreach (var (directive, blocked) in Parse(body))
                Take(directive, blocked);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>The directive and what was blocked, of each report; none where it isn't one.</summary>
    internal static IEnumerable<(string Directive, string Blocked)> Parse(ReadOnlyMemory<byte> body)
    {
        // The parser takes any bytes within a text, and fails when they are read.
        if (!Utf8.IsValid(body.Span))
            return [];
        JsonElement root;
        try
        {
            root = JsonElement.Parse(body.Span, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException)
        {
            return [];
        }

        var reports = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().Select(r => Property(r, "body")) : [Property(root, "csp-report")];
        return [.. reports.Where(r => r.ValueKind == JsonValueKind.Object).Take(20).Select(r => (
            Known(Text(r, "effectiveDirective") ?? Text(r, "effective-directive") ?? Text(r, "violated-directive")),
            Shorten(Text(r, "blockedURL") ?? Text(r, "blocked-uri"))))];
    }

    private static async Task<byte[]?> ReadAsync(HttpContext context)
    {
        var body = new byte[MaxBytes + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > MaxBytes ? null : body[..length];
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement element, string name) => Property(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static string Known(string? directive) => directive?.Split(' ')[0] is { } name && Directives.Contains(name) ? name : "other";

    // Of an address only its origin, which may hold no secret; of anything else the word that browsers use, as in inline.
    private static string Shorten(string? blocked)
    {
        if (Uri.TryCreate(blocked, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" or "wss")
            return url.GetLeftPart(UriPartial.Authority) is var origin && origin.Length <= MaxText ? origin : "a long address";
        return blocked is "inline" or "eval" or "data" or "blob" or "self" or "trusted-types-policy" or "trusted-types-sink" or "wasm-eval" ? blocked : "something else";
    }

    private void Take(string directive, string blocked)
    {
        Reports.Add(1, new KeyValuePair<string, object?>("directive", directive));
        lock (_sampling)
        {
            if (_logged.TryGetValue(directive, out var at) && time.GetElapsedTime(at) < TimeSpan.FromMinutes(1))
                return;
            _logged[directive] = time.GetTimestamp();
        }

        Log.Violated(logger, directive, blocked);
    }

    private static partial class Log
    {
        [LoggerMessage(7130, LogLevel.Warning, "A browser reports that the page's policy stopped {Blocked} by {Directive}; more of this kind within a minute are only counted")]
        public static partial void Violated(ILogger logger, string blocked, string directive);
    }
}
