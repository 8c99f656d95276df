using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Every connection to Redis before the client library has it. Only a primary gets one, and it is counted before a
/// command can travel on it. So a replica that was promoted, like a server that restarted, has new connections only, and
/// what it may lack is seen: <see cref="RedisGeneration"/>.
/// </summary>
/// <remarks>
/// With sentinels the library knows a single server, named like the service; where that is they are asked at each
/// connection, so that a fail-over is a reconnection. With several hosts it must be a cluster, since the library would
/// spread keys over primaries that know nothing of each other.
/// </remarks>
internal sealed class RedisConnections : Tunnel
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500); // within the library's own for a connection

    private readonly ConfigurationOptions _address;
    private readonly RedisGeneration _generation;
    private readonly RedisTls? _tls;
    private readonly ConcurrentDictionary<Socket, EndPoint> _open = new();

    /// <param name="address">As <see cref="RedisConnectionString"/> reads it.</param>
    /// <param name="caFile">The only authority for certificates; null for the operating system's.</param>
    /// <param name="generation">What counts.</param>
    public RedisConnections(ConfigurationOptions address, string? caFile, RedisGeneration generation)
    {
        _address = address;
        _generation = generation;
        _tls = address.Ssl ? new RedisTls(address, caFile) : null;
        Sentinels = address.ServiceName is null ? null : new RedisSentinels(address, _tls);
    }

    /// <summary>Null without.</summary>
    public RedisSentinels? Sentinels { get; }

    /// <summary>Why the latest connection came to nothing; null after one that did.</summary>
    public string? Refusal { get; private set; }

    public static string HostOf(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint address => address.Address.ToString(),
        _ => string.Empty,
    };

    /// <summary>What the client library is to be given: TLS and sentinels are this side's business.</summary>
    public ConfigurationOptions OptionsOfClient()
    {
        var options = _address.Clone();
        options.Tunnel = this;
        options.Ssl = false;
        if (options.ServiceName is { } service)
        {
            options.ServiceName = null;
            options.EndPoints.Clear();
            options.EndPoints.Add(new DnsEndPoint(service, 6379));
        }

        return options;
    }

    /// <summary>Ends the connections to servers that a test picks, by the address that the client library knows and the one they are at.</summary>
    public void End(Func<EndPoint, EndPoint, bool> isOver)
    {
        foreach (var (socket, endPoint) in _open)
        {
            if (PeerOf(socket) is not { } peer)
                _open.TryRemove(socket, out _);
            else if (isOver(endPoint, peer))
                socket.Close(); // the library takes it for a broken connection and makes another
        }
    }

    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        Sentinels is null ? endpoint : (await Sentinels.FindPrimaryAsync(cancellationToken))?.Addresses[0];

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var stream = await OpenAsync(endpoint, socket, patience.Token);
            End((_, _) => false);
            _open[socket!] = endpoint;
            Refusal = null;
            if (connectionType != ConnectionType.Subscription) // which carries announcements, and decides nothing
                _generation.Begin();
            return stream;
        }
        catch (Exception e)
        {
            Refusal = e.Message;
            throw;
        }
    }

    /// <summary>Where a socket is connected to; null once it isn't. The client library may close it while we ask.</summary>
    internal static EndPoint? PeerOf(Socket socket)
    {
        try
        {
            return socket.Connected ? socket.RemoteEndPoint : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>
    /// Ends a connection whose bytes nobody acknowledges for three seconds (RFC 5482; Linux alone can). By itself TCP sends
    /// again after twice as long each time, and would notice late that a link that was cut is back.
    /// </summary>
    internal static void EndWhenUnheard(Socket socket)
    {
        const int Tcp = 6;
        const int UserTimeout = 18;
        if (OperatingSystem.IsLinux() && socket.AddressFamily != AddressFamily.Unix)
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes(3000));
    }

    /// <returns>The protected stream; null where the socket itself does.</returns>
    private async Task<Stream?> OpenAsync(EndPoint endpoint, Socket? socket, CancellationToken ct)
    {
        if (socket is null)
            throw new RedisRefusedException($"No sentinel names a primary of '{_address.ServiceName}'. {Sentinels?.Silence}");

        EndWhenUnheard(socket);
        var host = Sentinels?.NameOf(PeerOf(socket) ?? throw new RedisRefusedException("The connection ended at once.")) ?? HostOf(endpoint);
        Stream plain = new NetworkStream(socket);
        var stream = _tls is null ? null : await _tls.ProtectAsync(plain, host, ct);
        var conversation = new RespConversation(stream ?? plain);
        await conversation.AuthenticateAsync(_address.User, _address.Password, ct);
        var info = await conversation.AskAsync(["INFO", "replication"], ct);
        if (!info[0].Contains("role:master", StringComparison.Ordinal))
            throw new RedisRefusedException($"{host} is a replica.");

        var isCluster = (await conversation.AskAsync(["INFO", "cluster"], ct))[0].Contains("cluster_enabled:1", StringComparison.Ordinal);
        if (!isCluster && Sentinels is null && _address.EndPoints.Count > 1)
            throw new RedisRefusedException($"{host} belongs to no cluster, which several hosts in REDIS_URL must. For a primary and its replicas, name their sentinels: redis+sentinel://.");
        if (isCluster && _address.DefaultDatabase > 0)
            throw new RedisRefusedException($"{host} belongs to a cluster, which has no database {_address.DefaultDatabase}. Leave it out of REDIS_URL.");
        return stream;
    }
}
