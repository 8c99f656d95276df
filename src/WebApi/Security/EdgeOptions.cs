namespace MusicGen.WebApi.Security;

/// <summary>Who may reach the service, under which names, through which proxies. Lists are separated by commas.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Edge";

    /// <summary>PUBLIC_URL: the origin under which people reach the service.</summary>
    public string PublicUrl { get; init; } = "http://localhost:8000";

    /// <summary>ALLOWED_HOSTS: names beside those of PUBLIC_URL and loopback.</summary>
    public string AllowedHosts { get; init; } = string.Empty;

    /// <summary>ALLOWED_ORIGINS: exact origins of pages on other hosts.</summary>
    public string AllowedOrigins { get; init; } = string.Empty;

    /// <summary>TRUSTED_PROXIES: addresses or CIDRs whose forwarded header is believed.</summary>
    public string TrustedProxies { get; init; } = string.Empty;

    /// <summary>FORWARDED_HEADER: the one header that is believed.</summary>
    public string ForwardedHeader { get; init; } = "x-forwarded-for";

    /// <summary>INTERNAL_API_KEYS: what monitoring shows in X-Internal-Service.</summary>
    public string InternalApiKeys { get; init; } = string.Empty;

    /// <summary>INTERNAL_NETWORKS: where monitoring calls from.</summary>
    public string InternalNetworks { get; init; } = "127.0.0.0/8,::1";

    /// <summary>ADMIN_NETWORKS: where administrators act from; empty for anywhere.</summary>
    public string AdminNetworks { get; init; } = string.Empty;

    internal static string[] Split(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
