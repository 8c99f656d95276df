using System.Globalization;
using MusicGen.Application.Sessions;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Says where a caller stands, twice: as draft-ietf-httpapi-ratelimit-headers-10 wants it, and under the names that
/// clients of the original service know.
/// </summary>
internal static class RateLimitHeaders
{
    /// <summary>Sets the headers when the answer starts, so that no later step that clears the answer loses them.</summary>
    public static void Apply(HttpContext context, GateDecision decision, DateTimeOffset now)
    {
        if (decision.Windows.Count == 0)
            return;
        context.Response.OnStarting(() =>
        {
            Write(context.Response.Headers, decision, now);
            return Task.CompletedTask;
        });
    }

    internal static void Write(IHeaderDictionary headers, GateDecision decision, DateTimeOffset now)
    {
        headers["RateLimit-Policy"] = string.Join(", ", decision.Windows.Select(Policy));
        headers["RateLimit"] = string.Join(", ", decision.Windows.Select(w => State(w, now)));
        headers["X-RateLimit-Tier"] = decision.TierName;
        foreach (var window in decision.Windows.Where(w => w.Name != "burst"))
        {
            var name = $"X-RateLimit-{char.ToUpperInvariant(window.Name[0])}{window.Name[1..]}";
            headers[$"{name}-Limit"] = Number(window.Limit);
            headers[$"{name}-Remaining"] = Number(window.Remaining);
            headers[$"{name}-Reset"] = Number((long)Math.Ceiling(window.ResetsAt.ToUnixTimeMilliseconds() / 1000.0));
        }
    }

    private static string Policy(RateWindow window) =>
        $"\"{window.Name}\";q={Number(window.Limit)};w={Number((long)window.Length.TotalSeconds)}";

    private static string State(RateWindow window, DateTimeOffset now) =>
        $"\"{window.Name}\";r={Number(window.Remaining)};t={Number(Math.Max(0, (long)Math.Ceiling((window.ResetsAt - now).TotalSeconds)))}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
