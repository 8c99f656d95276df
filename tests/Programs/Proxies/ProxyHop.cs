using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MusicGen.Programs.Proxies;

/// <summary>In what a proxy says who called it.</summary>
internal enum Says
{
    /// <summary>One line, the caller at its end, as nginx's <c>$proxy_add_x_forwarded_for</c>.</summary>
    AtTheEndOfXForwardedFor,

    /// <summary>A line of its own below the client's, as HAProxy's <c>option forwardfor</c>.</summary>
    InAnXForwardedForOfItsOwn,

    AtTheEndOfForwarded,
    InAForwardedOfItsOwn,
    InXRealIpInsteadOfTheClients,
    InCfConnectingIpInsteadOfTheClients,
}

/// <summary>One proxy of a route, with its address and its manners.</summary>
/// <param name="Address">Where it calls the next one from.</param>
/// <param name="IsTrusted">Whether the operator named it.</param>
/// <param name="Says">Its header.</param>
/// <param name="AppendsScheme">Whether X-Forwarded-Proto is added to what the client sent; else it takes its place.</param>
internal sealed record ProxyHop(IPAddress Address, bool IsTrusted, Says Says, bool AppendsScheme = false)
{
    /// <summary>Whether a proxy behind this one leaves its word about the scheme standing.</summary>
    public bool KeepsEarlierSchemes => AppendsScheme || Says is Says.AtTheEndOfForwarded or Says.InAForwardedOfItsOwn;

    /// <summary>Rewrites the headers as they pass.</summary>
    public void Pass(List<HeaderLine> lines, IPAddress caller, string scheme, Random random)
    {
        switch (Says)
        {
            case Says.AtTheEndOfXForwardedFor:
                Append(lines, "X-Forwarded-For", Written(caller, random));
                break;
            case Says.InAnXForwardedForOfItsOwn:
                lines.Add(new HeaderLine("X-Forwarded-For", Written(caller, random)));
                break;
            case Says.AtTheEndOfForwarded:
                Append(lines, "Forwarded", Element(caller, scheme, random));
                return;
            case Says.InAForwardedOfItsOwn:
                lines.Add(new HeaderLine("Forwarded", Element(caller, scheme, random)));
                return;
            case Says.InXRealIpInsteadOfTheClients:
                Replace(lines, "X-Real-IP", Written(caller, random));
                break;
            default:
                Replace(lines, "CF-Connecting-IP", Written(caller, random));
                break;
        }

        if (AppendsScheme)
            Append(lines, "X-Forwarded-Proto", scheme);
        else
            Replace(lines, "X-Forwarded-Proto", scheme);
    }

    private static void Append(List<HeaderLine> lines, string name, string value)
    {
        var before = lines.Where(l => l.IsNamed(name)).Select(l => l.Value).Where(v => v.Length > 0);
        Replace(lines, name, string.Join(", ", before.Append(value)));
    }

    private static void Replace(List<HeaderLine> lines, string name, string value)
    {
        lines.RemoveAll(l => l.IsNamed(name));
        lines.Add(new HeaderLine(name, value));
    }

    /// <summary>An address in one of the forms that proxies write.</summary>
    private static string Written(IPAddress address, Random random)
    {
        var port = random.Next(1, 65_536);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return random.Next(8) switch { 0 => string.Create(CultureInfo.InvariantCulture, $"{address}:{port}"), 1 => $"::ffff:{address}", _ => address.ToString() };
        return random.Next(8) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}"),
            1 => $"[{address}]",
            2 => address.ToString().ToUpperInvariant(),
            3 => string.Join(':', address.GetAddressBytes().Chunk(2).Select(b => $"{b[0]:x2}{b[1]:x2}")), // nothing left out
            _ => address.ToString(),
        };
    }

    /// <summary>RFC 7239: an address of IPv6 or with a port is quoted.</summary>
    private static string Element(IPAddress address, string scheme, Random random)
    {
        var isFour = address.AddressFamily == AddressFamily.InterNetwork;
        var port = random.Next(4) == 0 ? string.Create(CultureInfo.InvariantCulture, $":{random.Next(1, 65_536)}") : string.Empty;
        var node = isFour ? $"{address}{port}" : $"[{address}]{port}";
        List<string> pairs = [$"{(random.Next(4) == 0 ? "For" : "for")}={(isFour && port.Length == 0 && random.Next(4) > 0 ? node : $"\"{node}\"")}", $"proto={scheme}"];
        if (random.Next(4) == 0)
            pairs.Add(random.Next(2) == 0 ? "by=_edge7" : "by=\"[fd00::5]:443\"");
        if (random.Next(4) == 0)
            pairs.Insert(random.Next(pairs.Count + 1), random.Next(2) == 0 ? "host=music.example.org" : "host=\"a \\\"quoted\\\", and; parted \\\\\"");
        return string.Join(';', pairs);
    }
}
