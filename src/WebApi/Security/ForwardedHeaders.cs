namespace MusicGen.WebApi.Security;

/// <summary>The one header in which a trusted proxy says who called it.</summary>
internal enum ForwardedHeader
{
    /// <summary>X-Forwarded-For, with X-Forwarded-Proto.</summary>
    XForwardedFor,

    /// <summary>RFC 7239.</summary>
    Forwarded,
    XRealIp,
    CfConnectingIp,
}

internal static class ForwardedHeaders
{
    public const string Names = "x-forwarded-for, forwarded, x-real-ip, cf-connecting-ip";

    /// <summary>Every header by which proxies speak about a client; from anybody else they are a claim.</summary>
    private static readonly string[] All =
    [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded", "Forwarded", "Forwarded-For",
        "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP",
    ];

    public static bool TryParse(string name, out ForwardedHeader header)
    {
        ForwardedHeader? found = name.Trim().ToLowerInvariant() switch
        {
            "x-forwarded-for" => ForwardedHeader.XForwardedFor,
            "forwarded" => ForwardedHeader.Forwarded,
            "x-real-ip" => ForwardedHeader.XRealIp,
            "cf-connecting-ip" => ForwardedHeader.CfConnectingIp,
            _ => null,
        };
        header = found ?? ForwardedHeader.XForwardedFor;
        return found is not null;
    }

    public static bool AnyIn(IHeaderDictionary headers) => All.Any(headers.ContainsKey);

    /// <summary>What the proxies said, the nearest proxy's word last.</summary>
    public static IReadOnlyList<Hop> Read(ForwardedHeader header, IHeaderDictionary headers) => header switch
    {
        ForwardedHeader.XForwardedFor => ReadXForwardedFor(headers),
        ForwardedHeader.Forwarded => [.. SplitFromRight(string.Join(',', [.. headers["Forwarded"]]), ',').Select(ReadElement)],
        ForwardedHeader.XRealIp => Single(headers["X-Real-IP"]),
        ForwardedHeader.CfConnectingIp => Single(headers["CF-Connecting-IP"]),
        _ => throw new ArgumentOutOfRangeException(nameof(header), header, "There is no such header."),
    };

    private static Hop[] ReadXForwardedFor(IHeaderDictionary headers)
    {
        var addresses = List(headers["X-Forwarded-For"]);
        var schemes = List(headers["X-Forwarded-Proto"]);

        // Proxies that append do so in both headers, so the two are paired from the right; one that replaces leaves a
        // single scheme, its own view. How much a client wrote into either must not move the pairs.
        return [.. addresses.Select((a, i) => new Hop(a, SchemeOf(schemes, addresses.Length - i)))];
    }

    private static string? SchemeOf(string[] schemes, int fromTheRight) =>
        schemes.Length == 1 ? schemes[0] : schemes.ElementAtOrDefault(schemes.Length - fromTheRight);

    private static Hop[] Single(Microsoft.Extensions.Primitives.StringValues values) =>
        values.LastOrDefault() is { Length: > 0 } last ? [new Hop(last, null)] : [];

    private static string[] List(Microsoft.Extensions.Primitives.StringValues values) =>
        values.Count == 0 ? [] : string.Join(',', [.. values]).Split(',', StringSplitOptions.TrimEntries);

    private static Hop ReadElement(string element)
    {
        string? address = null, scheme = null;
        foreach (var pair in SplitFromRight(element, ';'))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            var value = pair[(equals + 1)..].Trim().Trim('"');
            if (pair.AsSpan(0, equals).Trim().Equals("for", StringComparison.OrdinalIgnoreCase))
                address = value;
            else if (pair.AsSpan(0, equals).Trim().Equals("proto", StringComparison.OrdinalIgnoreCase))
                scheme = value;
        }

        return new Hop(address ?? string.Empty, scheme);
    }

    /// <summary>
    /// Splits outside quoted strings, and finds those from the right: what trusted proxies wrote stands there and is well
    /// formed. Read from the left, a quotation mark that a client leaves open would swallow what the proxies added.
    /// </summary>
    private static List<string> SplitFromRight(string text, char separator)
    {
        var parts = new List<string>();
        var (end, quoted) = (text.Length, false);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == '"' && !(quoted && IsEscaped(text, i)))
                quoted = !quoted;
            if (text[i] != separator || quoted)
                continue;
            parts.Add(text[(i + 1)..end].Trim());
            end = i;
        }

        parts.Add(text[..end].Trim());
        parts.Reverse();
        return parts;
    }

    private static bool IsEscaped(string text, int index)
    {
        var slashes = 0;
        while (slashes < index && text[index - slashes - 1] == '\\')
            slashes++;
        return slashes % 2 == 1;
    }
}

/// <param name="Address">As it was written; may be nonsense.</param>
/// <param name="Scheme">http, https, or null where nothing was said.</param>
internal readonly record struct Hop(string Address, string? Scheme);
