using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>Which Host a request may name, and over which scheme.</summary>
internal static class HostRules
{
    /// <summary>Why this request can't be served under the name that it used, with advice; null when it can.</summary>
    public static string? Refusal(HttpContext context, ClientAddress client, Edge edge)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase) || path.IsRoute("/metrics"))
            return null; // probes come by address

        var host = context.Request.Host.Host;
        if (!edge.IsAllowedHost(host))
            return "This service isn't known under that host name. Its operator can add it to ALLOWED_HOSTS.";

        // Only where we know that the browser itself spoke plain http: behind a proxy that we don't trust we can't.
        var isPlain = client.Scheme == "http" && (edge.IsDevelopment || client.SchemeIsVouched);
        return isPlain && !LoopbackNames.Contains(host)
            ? "Browsers drop the session cookies on plain http in silence. Use https, or http://localhost on the machine itself."
            : null;
    }
}
