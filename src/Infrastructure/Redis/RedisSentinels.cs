using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Asks all sentinels at once who a service's primary is, and believes most of them: one of them may be cut off.</summary>
/// <param name="options">The sentinels, the service's name, and who we are to the sentinels.</param>
/// <param name="tls">How sentinels prove who they are; null without TLS.</param>
internal sealed class RedisSentinels(ConfigurationOptions options, RedisTls? tls)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<EndPoint, string> _names = new();

    /// <summary>Why the latest sentinel to say nothing said nothing.</summary>
    public string Silence { get; private set; } = "none was asked.";

    /// <summary>Null where none of them answers, or knows one.</summary>
    public async Task<EndPoint?> FindPrimaryAsync(CancellationToken ct)
    {
        var answers = await Task.WhenAll(options.EndPoints.Select(sentinel => AskAsync(sentinel, ct)));
        return answers.OfType<EndPoint>().GroupBy(a => a).MaxBy(same => same.Count())?.Key;
    }

    /// <summary>The name by which the sentinels know an address, which its certificate has; or the address.</summary>
    public string NameOf(EndPoint address) => _names.GetValueOrDefault(address) ?? ((IPEndPoint)address).Address.ToString();

    private async Task<EndPoint?> AskAsync(EndPoint sentinel, CancellationToken ct)
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
        catch (Exception e) when (e is SocketException or IOException or RedisRefusedException or AuthenticationException or FormatException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            Silence = $"{HostAndPort(sentinel)}: {e.Message}";
            return null; // the others may know
        }
    }

    private static string HostAndPort(EndPoint endPoint) => EndPointCollection.ToString(endPoint);

    private async Task<EndPoint?> ResolveAsync(string host, int port, CancellationToken ct)
    {
        if (IPAddress.TryParse(host, out var address))
            return new IPEndPoint(address, port);
        if ((await Dns.GetHostAddressesAsync(host, ct)).FirstOrDefault() is not { } found)
            return null;
        var endPoint = new IPEndPoint(found, port);
        _names[endPoint] = host;
        return endPoint;
    }
}
