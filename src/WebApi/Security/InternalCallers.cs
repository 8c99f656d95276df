using MusicGen.Domain.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>Tells the operator's monitoring from everybody else: by a key and by where it calls from.</summary>
internal sealed class InternalCallers(Edge edge)
{
    public const string Header = "X-Internal-Service";

    /// <summary>Whether the request gets the internal tier.</summary>
    public bool IsInternal(HttpContext context) =>
        IsFromInside(context) && edge.IsInternalKey(context.Request.Headers[Header]);

    /// <summary>
    /// Whether the request may read metrics. Outside Development the network isn't enough, because behind a proxy on
    /// the same host every peer is loopback.
    /// </summary>
    public bool MayReadMetrics(HttpContext context) =>
        IsFromInside(context)
        && (edge.IsDevelopment || edge.IsInternalKey(context.Request.Headers[Header]) || edge.IsInternalKey(BearerCredential.Of(context.Request)));

    private bool IsFromInside(HttpContext context)
    {
        var client = ClientAddress.Of(context);
        return !client.HasUntrustedHeader && edge.IsInternalNetwork(client.Address);
    }
}

/// <summary>The credential of <c>Authorization: Bearer</c>. Other schemes are none of ours: a proxy's own log-in.</summary>
internal static class BearerCredential
{
    private const string Scheme = "Bearer";

    /// <summary>Whether it means to be a personal access token.</summary>
    public static bool IsPersonal(string? credential) => credential?.StartsWith(PersonalTokenValue.Prefix, StringComparison.Ordinal) == true;

    /// <summary>Null without the scheme; empty where it came without a credential.</summary>
    public static string? Of(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Equals(Scheme, StringComparison.OrdinalIgnoreCase))
            return string.Empty;
        return header.StartsWith(Scheme + ' ', StringComparison.OrdinalIgnoreCase) ? header[(Scheme.Length + 1)..].Trim() : null;
    }
}
