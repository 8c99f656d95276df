using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Counts the connections to Redis. The client library asks a tunnel before it opens one, so no command can travel on a
/// new connection before it was counted; and a Redis that restarted, or another one in its place, has new connections only.
/// </summary>
internal sealed class RedisConnections : Tunnel
{
    private long _generation = 1; // the start of this process counts: what Redis holds by then is nothing we have seen

    /// <summary>While it stays the same, whoever answers is who answered before.</summary>
    public long Generation => Volatile.Read(ref _generation);

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (connectionType != ConnectionType.Subscription) // which carries announcements, and decides nothing
            Interlocked.Increment(ref _generation);
        return ValueTask.CompletedTask;
    }
}
