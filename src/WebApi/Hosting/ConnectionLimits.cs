using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MusicGen.Application.Pipeline;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// What a connection may cost, before any request counts: its number, for all and for each address, and how slowly it may
/// send and take. A client that holds hundreds of connections open, or drips a byte a second into each, keeps nobody out.
/// </summary>
internal sealed class ConnectionLimits(Lazy<Edge> edge, int perAddress)
{
    private const long LargestBody = 1024 * 1024;

    private static readonly Counter<long> Refused =
        Telemetry.Meter.CreateCounter<long>("musicgen.edge.refused_connections", "{connection}", "Connections closed at once because their address had too many.");

    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Sets the server's own limits; see docs/deployment.md for what each is for.</summary>
    /// <param name="limits">Of Kestrel.</param>
    /// <param name="connections">For all addresses together.</param>
    public static void Apply(KestrelServerLimits limits, int connections)
    {
        limits.MaxConcurrentConnections = connections;
        limits.MaxRequestBodySize = LargestBody;
        limits.MaxRequestHeaderCount = 100;
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10)); // and PatientBody for files
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>Counts each connection while it is open. A trusted proxy brings everybody's, so its own aren't counted.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address || edge.Value.IsTrustedProxy(IpNetworks.Folded(address)))
        {
            await next(connection);
            return;
        }

        var key = IpNetworks.CountKey(IpNetworks.Folded(address));
        try
        {
            if (_open.AddOrUpdate(key, 1, (_, count) => count + 1) > perAddress)
            {
                Refused.Add(1);
                connection.Abort(new ConnectionAbortedException("This address has too many connections."));
                return;
            }

            await next(connection);
        }
        finally
        {
            // The last one takes the entry away, unless another came meanwhile: then its count isn't 0.
            _open.AddOrUpdate(key, 0, (_, count) => count - 1);
            _open.TryRemove(KeyValuePair.Create(key, 0));
        }
    };
}
