using Microsoft.Extensions.Options;

namespace MusicGen.WebApi.Security;

/// <summary>Refuses at the start what would open the service by accident, naming the variable at fault.</summary>
internal sealed class EdgeOptionsValidator(IHostEnvironment environment) : IValidateOptions<EdgeOptions>
{
    private const int ShortestKey = 32;

    public ValidateOptionsResult Validate(string? name, EdgeOptions options)
    {
        var faults = PublicUrl(options)
            .Concat(Origins(options))
            .Concat(Networks("TRUSTED_PROXIES", options.TrustedProxies))
            .Concat(Networks("INTERNAL_NETWORKS", options.InternalNetworks))
            .Concat(Networks("ADMIN_NETWORKS", options.AdminNetworks))
            .Concat(Hosts(options))
            .Concat(Header(options))
            .Concat(Keys(options))
            .ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> PublicUrl(EdgeOptions options)
    {
        if (!Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.PathAndQuery != "/")
            yield return $"PUBLIC_URL must be an origin such as https://music.example.org; it is \"{options.PublicUrl}\".";
        else if (url.Scheme == "http" && !LoopbackNames.Contains(url.Host) && !LoopbackNames.Contains(url.IdnHost))
            yield return "PUBLIC_URL must begin with https, except on localhost: browsers drop the session cookies on plain http in silence. Put a TLS proxy in front.";
    }

    private IEnumerable<string> Origins(EdgeOptions options)
    {
        foreach (var origin in EdgeOptions.Split(options.AllowedOrigins))
        {
            if (origin.Contains('*', StringComparison.Ordinal))
                yield return "ALLOWED_ORIGINS takes exact origins, no wildcard: any page that matched could act for your users.";
            else if (!Origin.IsCanonical(origin))
                yield return $"ALLOWED_ORIGINS: \"{origin}\" is not an origin as browsers send it (https://host[:port], lower case, no slash at its end).";
            else if (!environment.IsDevelopment() && !origin.StartsWith("https://", StringComparison.Ordinal))
                yield return $"ALLOWED_ORIGINS: \"{origin}\" is plain http; anybody on the way could act for your users. Use https.";
        }
    }

    private IEnumerable<string> Networks(string variable, string list)
    {
        foreach (var item in EdgeOptions.Split(list))
        {
            if (!IpNetworks.TryParse(item, out var network))
                yield return $"{variable}: \"{item}\" is neither an address nor a network such as 10.0.0.0/8.";
            else if (network.PrefixLength == 0 && !environment.IsDevelopment())
                yield return $"{variable}: \"{item}\" is everybody. Name your own proxies or networks.";
        }
    }

    private static IEnumerable<string> Hosts(EdgeOptions options) =>
        EdgeOptions.Split(options.AllowedHosts)
            .Where(h => h.Contains('*', StringComparison.Ordinal) || Uri.CheckHostName(h.Trim('[', ']')) == UriHostNameType.Unknown)
            .Select(h => $"ALLOWED_HOSTS: \"{h}\" is not a host name or address (no port, no wildcard).");

    private static IEnumerable<string> Header(EdgeOptions options) =>
        ForwardedHeaders.TryParse(options.ForwardedHeader, out _)
            ? []
            : [$"FORWARDED_HEADER must be one of {ForwardedHeaders.Names}; it is \"{options.ForwardedHeader}\"."];

    private IEnumerable<string> Keys(EdgeOptions options) =>
        !environment.IsDevelopment() && EdgeOptions.Split(options.InternalApiKeys).Any(k => k.Length < ShortestKey)
            ? [$"INTERNAL_API_KEYS: each key needs at least {ShortestKey} characters. openssl rand -hex 32 makes one."]
            : [];
}
