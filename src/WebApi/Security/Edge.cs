using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace MusicGen.WebApi.Security;

/// <summary>What the operator said about the edge, read once.</summary>
internal sealed class Edge
{
    private readonly HashSet<string> _origins;
    private readonly HashSet<string> _hosts;
    private readonly IPNetwork[] _proxies;
    private readonly IPNetwork[] _internalNetworks;
    private readonly IPNetwork[] _adminNetworks;
    private readonly byte[][] _internalKeys;

    public Edge(IOptions<EdgeOptions> options, IHostEnvironment environment)
    {
        var edge = options.Value;
        var publicUrl = new Uri(edge.PublicUrl);
        IsDevelopment = environment.IsDevelopment();
        OwnOrigin = Origin.Of(publicUrl);
        ForwardedHeader = ForwardedHeaders.TryParse(edge.ForwardedHeader, out var header) ? header : ForwardedHeader.XForwardedFor;
        _origins = [.. EdgeOptions.Split(edge.AllowedOrigins), OwnOrigin];
        _hosts = [.. EdgeOptions.Split(edge.AllowedHosts).Select(Bare), Bare(publicUrl.Host), Bare(publicUrl.IdnHost)];
        _proxies = Networks(edge.TrustedProxies);
        _internalNetworks = Networks(edge.InternalNetworks);
        _adminNetworks = Networks(edge.AdminNetworks);
        _internalKeys = [.. EdgeOptions.Split(edge.InternalApiKeys).Select(Hash)];
    }

    public bool IsDevelopment { get; }

    /// <summary>The origin of PUBLIC_URL.</summary>
    public string OwnOrigin { get; }

    public ForwardedHeader ForwardedHeader { get; }

    public bool TrustsProxies => _proxies.Length > 0;

    public bool IsTrustedProxy(IPAddress address) => _proxies.Any(n => n.Contains(address));

    public bool IsInternalNetwork(IPAddress address) => _internalNetworks.Any(n => n.Contains(address));

    /// <summary>Any address where the operator named no networks.</summary>
    public bool IsAdminNetwork(IPAddress address) => _adminNetworks.Length == 0 || _adminNetworks.Any(n => n.Contains(address));

    /// <summary>Compares with every key, in a time that tells nothing about any.</summary>
    public bool IsInternalKey(string? key)
    {
        var hash = Hash(key ?? string.Empty);
        var matches = false;
        foreach (var known in _internalKeys)
            matches |= CryptographicOperations.FixedTimeEquals(hash, known);
        return matches;
    }

    /// <summary>Exact matches; Development also lets pages of this machine in, on any port.</summary>
    public bool IsAllowedOrigin(string origin) =>
        _origins.Contains(origin) || (IsDevelopment && Origin.IsLoopback(origin));

    public bool IsAllowedHost(string host) => LoopbackNames.Contains(host) || _hosts.Contains(Bare(host));

    // Hashes have one length, so not even a key's length shows.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Bare(string host) => host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();

    private static IPNetwork[] Networks(string list) =>
        [.. EdgeOptions.Split(list).Select(item => IpNetworks.TryParse(item, out var network)
            ? network
            : throw new OptionsValidationException(nameof(Edge), typeof(EdgeOptions), [$"\"{item}\" is not a network."]))];
}
