namespace MusicGen.WebApi.Security;

/// <summary>An origin as browsers write it (RFC 6454 section 6.2).</summary>
internal static class Origin
{
    /// <summary>Whether the text is exactly what a browser would send for its page: lower case, no default port, no path.</summary>
    public static bool IsCanonical(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && Of(url) == text;

    /// <summary>The origin of an address.</summary>
    public static string Of(Uri url)
    {
        var host = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        return url.IsDefaultPort ? $"{url.Scheme}://{host}" : $"{url.Scheme}://{host}:{url.Port}";
    }

    /// <summary>Whether it is a page of this machine, on any port.</summary>
    public static bool IsLoopback(string origin) =>
        IsCanonical(origin) && LoopbackNames.Contains(new Uri(origin).Host);
}

/// <summary>The names under which a browser reaches its own machine and trusts plain http.</summary>
internal static class LoopbackNames
{
    public static bool Contains(string host) => host.ToLowerInvariant() is "localhost" or "127.0.0.1" or "::1" or "[::1]";
}
