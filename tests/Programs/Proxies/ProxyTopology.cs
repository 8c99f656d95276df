using System.Globalization;
using System.Net;
using MusicGen.WebApi.Security;

namespace MusicGen.Programs.Proxies;

/// <summary>One of the ways in which docs/rate_limiting_guide.md puts proxies before the service.</summary>
/// <param name="Name">For people.</param>
/// <param name="Options">What the operator set.</param>
/// <param name="Route">Draws the proxies of a request, the client's nearest first.</param>
internal sealed record ProxyTopology(string Name, EdgeOptions Options, Func<Random, ProxyHop[]> Route)
{
    private const string Cloud = "173.245.48.0/20,2400:cb00::/32";

    public static IReadOnlyList<ProxyTopology> All { get; } =
    [
        new("no proxy", new EdgeOptions(), _ => []),
        new("nginx on the same machine", Trusting("127.0.0.1,::1"), r => [new(Loopback(r), true, Says.AtTheEndOfXForwardedFor)]),
        new("HAProxy on a machine of its own", Trusting("10.0.0.5"), r => Rarely(r) ? [] : [new(IPAddress.Parse("10.0.0.5"), true, Says.InAnXForwardedForOfItsOwn)]),
        new("Cloudflare in front of nginx", Trusting($"127.0.0.1,::1,{Cloud}"), r => Rarely(r)
            ? [new(Loopback(r), true, Says.AtTheEndOfXForwardedFor)] // around Cloudflare
            : [new(CloudAddress(r), true, Says.AtTheEndOfXForwardedFor), new(Loopback(r), true, Says.AtTheEndOfXForwardedFor)]),
        new("Cloudflare Tunnel", Trusting("127.0.0.1,::1", "cf-connecting-ip"), r => [new(Loopback(r), true, Says.InCfConnectingIpInsteadOfTheClients)]),
        new("nginx that overwrites X-Real-IP", Trusting("127.0.0.1,::1", "x-real-ip"), r => [new(Loopback(r), true, Says.InXRealIpInsteadOfTheClients)]),
        new("HAProxy with Forwarded", Trusting("10.0.0.5,fd00::5", "forwarded"), r => [new(IPAddress.Parse(r.Next(2) == 0 ? "10.0.0.5" : "fd00::5"), true, Says.InAForwardedOfItsOwn)]),
        new("two proxies with Forwarded", Trusting("10.0.0.0/8,fd00::/16", "Forwarded"), r => [Forwarding(r), Forwarding(r)]),
        new("IPv6 alone, three in a row", Trusting("fd00::/16"), r => [Six(r), Six(r), Six(r)]),
        new("two that append schemes too", Trusting("10.0.0.0/8"), r => [new(Ten(r), true, Says.AtTheEndOfXForwardedFor, true), new(Ten(r), true, Says.InAnXForwardedForOfItsOwn, true)]),
        new("the first of two isn't trusted", Trusting("10.0.0.5"), r => [new(CloudAddress(r), false, Says.AtTheEndOfXForwardedFor), new(IPAddress.Parse("10.0.0.5"), true, Says.InAnXForwardedForOfItsOwn)]),
        new("a stranger's proxy before none of ours", new EdgeOptions(), r => [new(CloudAddress(r), false, Says.AtTheEndOfXForwardedFor)]),
    ];

    /// <summary>What a client would like to be: the trusted ones, and neighbours.</summary>
    private static readonly string[] Tempting = ["127.0.0.1", "::1", "10.0.0.5", "10.1.2.3", "fd00::5", "173.245.48.9", "203.0.113.77", "::ffff:127.0.0.1", "[::1]:80"];

    /// <summary>Draws one request.</summary>
    public ProxiedRequest Draw(Random random)
    {
        var saysScheme = Options.ForwardedHeader is not ("x-real-ip" or "cf-connecting-ip");
        return ProxiedRequest.Along(Client(random), Route(random), new HostileHeaders(random, Tempting).Draw(), saysScheme, random);
    }

    private static EdgeOptions Trusting(string proxies, string header = "x-forwarded-for") => new() { TrustedProxies = proxies, ForwardedHeader = header };

    private static bool Rarely(Random random) => random.Next(4) == 0;

    // Nobody's networks and the private ones that no topology trusts.
    private static IPAddress Client(Random random) => random.Next(4) switch
    {
        0 => Of(random, "2001:db8:", 5),
        1 => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"192.168.{random.Next(256)}.{random.Next(256)}")),
        _ => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"203.0.{random.Next(100, 200)}.{random.Next(256)}")),
    };

    private static IPAddress Loopback(Random random) => IPAddress.Parse(random.Next(4) switch { 0 => "::1", 1 => "::ffff:127.0.0.1", _ => "127.0.0.1" });

    private static IPAddress CloudAddress(Random random) => random.Next(3) == 0
        ? Of(random, "2400:cb00:", 5)
        : IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"173.245.{random.Next(48, 64)}.{random.Next(256)}"));

    private static IPAddress Ten(Random random) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{random.Next(256)}.{random.Next(256)}.{random.Next(1, 255)}"));

    private static ProxyHop Six(Random random) => new(Of(random, "fd00:", 6), true, random.Next(2) == 0 ? Says.AtTheEndOfXForwardedFor : Says.InAnXForwardedForOfItsOwn);

    private static ProxyHop Forwarding(Random random) =>
        new(random.Next(2) == 0 ? Ten(random) : Of(random, "fd00:", 6), true, random.Next(2) == 0 ? Says.AtTheEndOfForwarded : Says.InAForwardedOfItsOwn);

    /// <summary>An address of IPv6 with random last groups.</summary>
    private static IPAddress Of(Random random, string prefix, int groups)
    {
        var bytes = IPAddress.Parse(prefix + ":").GetAddressBytes();
        random.NextBytes(bytes.AsSpan(16 - (2 * groups)));
        return new IPAddress(bytes);
    }
}
