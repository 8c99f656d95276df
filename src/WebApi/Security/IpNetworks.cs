using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace MusicGen.WebApi.Security;

/// <summary>Addresses and networks in one form each: an IPv4 address that came mapped into IPv6 is IPv4.</summary>
internal static class IpNetworks
{
    private const int SubscriberPrefixBytes = 8;

    /// <summary>Reads an address, or a network such as <c>10.0.0.0/8</c>; bits beyond the prefix are dropped.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out var address))
            return false;
        var bits = address.GetAddressBytes().Length * 8;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), out prefix) || prefix < 0 || prefix > bits))
            return false;
        network = new IPNetwork(Masked(address, prefix), prefix);
        return true;
    }

    /// <summary>
    /// Reads an address as proxies write it, with or without a port or brackets. Spellings that only a C library
    /// understands (<c>1</c>, <c>0x7f.1</c>, a scope id) are no addresses here.
    /// </summary>
    public static bool TryParseAddress(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var host = WithoutPort(text.Trim());
        if (host.Length == 0 || host.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(host, out var parsed))
            return false;
        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != host)
            return false;
        address = Folded(parsed);
        return true;
    }

    public static IPAddress Folded(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>What is counted as one client: an IPv4 address, or the /64 that an IPv6 subscriber has whole.</summary>
    public static string CountKey(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetworkV6 ? Masked(address, SubscriberPrefixBytes * 8) : address).ToString();

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }

    private static string WithoutPort(string text)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            return end > 0 && (end == text.Length - 1 || text[end + 1] == ':') ? text[1..end] : string.Empty;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon == text.LastIndexOf(':') ? text[..colon] : text; // one colon: IPv4 with a port
    }
}
