using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Asks all sentinels at once who a service's primary is, and believes most of them: one of them may be cut off.</summary>
/// <param name="options">The sentinels, the service's name, and who we are to the sentinels.</param>
/// <param name="tls">How sentinels prove who they are; null without TLS.</param>
/// <param name="resolve">Finds a name's addresses; null for DNS.</param>
internal sealed class RedisSentinels(ConfigurationOptions options, RedisTls? tls, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<EndPoint, string> _names = new();
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>Why the latest sentinel to say nothing said nothing.</summary>
    public string Silence { get; private set; } = "none was asked.";

    /// <summary>Null where none of them answers, or knows one.</summary>
    public async Task<PrimaryAddress?> FindPrimaryAsync(CancellationToken ct)
    {
        var answers = await Task.WhenAll(options.EndPoints.Select(sentinel => AskAsync(sentinel, ct)));
        return answers.OfType<PrimaryAddress>().GroupBy(a => a).MaxBy(same => same.Count())?.Key;
    }

    /// <summary>The name by which the sentinels know an address, which its certificate has; or the address.</summary>
    public string NameOf(EndPoint address) => _names.GetValueOrDefault(address) ?? ((IPEndPoint)address).Address.ToString();

    private async Task<PrimaryAddress?> AskAsync(EndPoint sentinel, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            using var client = sentinel is IPEndPoint ip ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(sentinel, patience.Token);
            await using Stream plain = new NetworkStream(client);
            await using var stream = tls is null ? plain : await tls.ProtectAsync(plain, RedisConnections.HostOf(sentinel), patience.Token);
            var conversation = new RespConversation(stream);
            await conversation.AuthenticateAsync(options.SentinelUser, options.SentinelPassword, patience.Token);
            var answer = await conversation.AskAsync(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.ServiceName!], patience.Token);
            if (answer.Count != 2)
                throw new RedisRefusedException("It knows no such service.");
            return await ResolveAsync(answer[0], int.Parse(answer[1], CultureInfo.InvariantCulture), patience.Token);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            Silence = $"{HostAndPort(sentinel)}: {e.Message}";
            return null; // the others may know
        }
    }

    private static string HostAndPort(EndPoint endPoint) => EndPointCollection.ToString(endPoint);

    private async Task<PrimaryAddress?> ResolveAsync(string host, int port, CancellationToken ct)
    {
        if (IPAddress.TryParse(host, out var address))
            return new PrimaryAddress([new IPEndPoint(address, port)]);
        var found = (await _resolve(host, ct)).Select(a => new IPEndPoint(a, port)).ToList();
        foreach (var endPoint in found)
            _names[endPoint] = host;
        return found.Count == 0 ? null : new PrimaryAddress(found);
    }
}

/// <summary>Where a primary is. A name may have several addresses, which DNS tells in another order each time: it is the same primary.</summary>
/// <param name="Addresses">In DNS's order, the first to be connected to.</param>
internal sealed record PrimaryAddress(IReadOnlyList<IPEndPoint> Addresses)
{
    public bool IsAt(EndPoint endPoint) => Addresses.Contains(endPoint);

    public bool Equals(PrimaryAddress? other) => other is not null && Addresses.ToHashSet().SetEquals(other.Addresses);

    public override int GetHashCode() => Addresses.Distinct().Aggregate(0, (hash, address) => hash ^ address.GetHashCode());
}
