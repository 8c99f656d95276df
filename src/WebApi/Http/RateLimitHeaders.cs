using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using MusicGen.Application.Sessions;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Says where a caller stands, twice: as draft-ietf-httpapi-ratelimit-headers-10 wants it, and under the names that
/// clients of the original service know.
/// </summary>
internal static class RateLimitHeaders
{
    // The original knew no burst.
    private static readonly FrozenDictionary<string, (string Limit, string Remaining, string Reset)> Originals = new[] { "Minute", "Hour", "Day" }.ToFrozenDictionary(
        name => name.ToLowerInvariant(),
        name => ($"X-RateLimit-{name}-Limit", $"X-RateLimit-{name}-Remaining", $"X-RateLimit-{name}-Reset"),
        StringComparer.Ordinal);

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
        // On every counted answer, so without a text for each part.
        var (policy, state) = (new StringBuilder(128), new StringBuilder(128));
        foreach (var window in decision.Windows)
        {
            var separator = policy.Length == 0 ? string.Empty : ", ";
            policy.Append(CultureInfo.InvariantCulture, $"{separator}\"{window.Name}\";q={window.Limit};w={(long)window.Length.TotalSeconds}");
            state.Append(CultureInfo.InvariantCulture, $"{separator}\"{window.Name}\";r={window.Remaining};t={Math.Max(0, (long)Math.Ceiling((window.ResetsAt - now).TotalSeconds))}");
            if (!Originals.TryGetValue(window.Name, out var names))
                continue;
            headers[names.Limit] = Number(window.Limit);
            headers[names.Remaining] = Number(window.Remaining);
            headers[names.Reset] = Number((long)Math.Ceiling(window.ResetsAt.ToUnixTimeMilliseconds() / 1000.0));
        }

        headers["RateLimit-Policy"] = policy.ToString();
        headers["RateLimit"] = state.ToString();
        headers["X-RateLimit-Tier"] = decision.TierName;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
