using System.Net;

namespace MusicGen.Programs.Proxies;

/// <summary>A request as it reaches the service, and what is true of it because whoever laid out the route knows.</summary>
/// <param name="Peer">Who holds the connection to the service.</param>
/// <param name="Lines">The headers.</param>
/// <param name="Client">The nearest hop that isn't trusted.</param>
/// <param name="Scheme">What the trusted proxies say of it; http where they say nothing.</param>
/// <param name="IsPeerTrusted">Whether a proxy of the operator's holds the connection.</param>
internal sealed record ProxiedRequest(IPAddress Peer, IReadOnlyList<HeaderLine> Lines, IPAddress Client, string Scheme, bool IsPeerTrusted)
{
    /// <summary>Sends a client's headers along a route.</summary>
    /// <param name="client">Where the client calls from; no address of a trusted proxy.</param>
    /// <param name="hops">The proxies, the client's nearest first.</param>
    /// <param name="hostile">What the client sent.</param>
    /// <param name="saysScheme">Whether the believed header speaks of schemes.</param>
    /// <param name="random">Chooses among the forms in which the proxies write.</param>
    public static ProxiedRequest Along(IPAddress client, IReadOnlyList<ProxyHop> hops, List<HeaderLine> hostile, bool saysScheme, Random random)
    {
        var lines = hostile.ToList();
        var (peer, scheme) = (client, random.Next(6) == 0 ? "http" : "https");
        var seen = new List<string>();
        foreach (var hop in hops)
        {
            seen.Add(scheme);
            hop.Pass(lines, peer, scheme, random);
            (peer, scheme) = (hop.Address, random.Next(2) == 0 ? "http" : "https");
        }

        var trusted = hops.Reverse().TakeWhile(h => h.IsTrusted).Count();
        var truth = trusted == hops.Count ? client : hops[hops.Count - trusted - 1].Address;
        return new ProxiedRequest(peer, lines, truth, saysScheme && trusted > 0 ? SchemeOf(hops, seen, trusted) : "http", trusted > 0);
    }

    // From the service outwards: the word of a trusted proxy further out counts if those behind it left it standing.
    private static string SchemeOf(IReadOnlyList<ProxyHop> hops, List<string> seen, int trusted)
    {
        var i = hops.Count - 1;
        while (i > hops.Count - trusted && hops[i].KeepsEarlierSchemes)
            i--;
        return seen[i];
    }
}
