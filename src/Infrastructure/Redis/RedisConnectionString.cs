using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Reads how to reach Redis, and adds how patient we are with it.</summary>
public static class RedisConnectionString
{
    /// <param name="text">
    /// <c>redis[s]://[user:password@]host[:port][/database]</c>, several hosts for a cluster, or
    /// <c>redis[s]+sentinel://[user:password@]sentinel[:port],…/service[/database]</c>, see <see cref="RedisUrl"/>; or a
    /// StackExchange.Redis string, whose own timeouts are overruled.
    /// </param>
    /// <returns>With sentinels, they are the end points and the service has a name.</returns>
    /// <exception cref="FormatException">It is none of these; the message doesn't repeat the text, which may hold a password.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var options = RedisUrl.IsOne(text) ? RedisUrl.Parse(text) : FromNative(text);
        if (options.ServiceName is null && options.EndPoints.Count > 1 && options.DefaultDatabase > 0)
            throw new FormatException("The Redis address names several hosts, which is a cluster, and a database; a cluster has only 0. Leave the database out.");

        // A Redis that comes later, or back, is found without a restart; while it is gone, callers hear so at once
        // instead of queueing. The timeouts leave a busy two-core machine time to breathe.
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = 2000;
        options.SyncTimeout = 3000;
        options.AsyncTimeout = 3000;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        options.ReconnectRetryPolicy = new LinearRetry(500);
        options.ClientName ??= "musicgen";

        // A server that has become a replica is noticed within a second, and left: see RedisConnections.
        options.ConfigCheckSeconds = 1;

        // Which server is the primary is no vote among clients, and what an administrator may ask isn't asked. The channel is
        // what makes the library open its connection for announcements before the first of them.
        options.TieBreaker = string.Empty;
        options.ConfigurationChannel = "mg:configuration";
        options.CommandMap = CommandMap.Create(["CONFIG"], available: false);
        return options;
    }

    /// <summary>Whether nobody on the way can read: TLS, or no way at all.</summary>
    /// <exception cref="FormatException">It is no address of Redis.</exception>
    public static bool IsProtected(string text)
    {
        var options = Parse(text);

        // Sentinels name the servers, and those may be anywhere.
        return options.Ssl || (options.ServiceName is null && options.EndPoints.All(e => e is UnixDomainSocketEndPoint || IsLoopback(e)));
    }

    private static bool IsLoopback(EndPoint endPoint) => endPoint switch
    {
        DnsEndPoint name => name.Host == "localhost",
        IPEndPoint address => IPAddress.IsLoopback(address.Address),
        _ => false,
    };

    private static ConfigurationOptions FromNative(string text)
    {
        try
        {
            var options = ConfigurationOptions.Parse(text);
            if (options.EndPoints.Count == 0)
                throw RedisUrl.Malformed(inner: null);
            if (options.ServiceName is { } service && !RedisUrl.IsServiceName(service))
                throw new FormatException(RedisUrl.NoServiceName);
            if (!text.Contains("sentinelPassword", StringComparison.OrdinalIgnoreCase))
                (options.SentinelUser, options.SentinelPassword) = (string.Empty, string.Empty); // as in a URL
            FillPorts(options);
            return options;
        }
        catch (ArgumentException e)
        {
            throw RedisUrl.Malformed(e);
        }
    }

    // As the client library would, which isn't told of TLS: see RedisConnections.
    private static void FillPorts(ConfigurationOptions options)
    {
        var usual = options.ServiceName is not null ? 26379 : options.Ssl ? 6380 : 6379;
        for (var i = 0; i < options.EndPoints.Count; i++)
        {
            if (options.EndPoints[i] is DnsEndPoint { Port: 0 } name)
                options.EndPoints[i] = new DnsEndPoint(name.Host, usual);
            else if (options.EndPoints[i] is IPEndPoint { Port: 0 } address)
                options.EndPoints[i] = new IPEndPoint(address.Address, usual);
        }
    }
}
