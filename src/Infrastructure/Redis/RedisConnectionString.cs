using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Reads how to reach Redis, and adds how patient we are with it.</summary>
public static class RedisConnectionString
{
    private const int DefaultPort = 6379;

    /// <param name="text">
    /// <c>redis[s]://[user:password@]host[:port][/database]</c>, user and password percent-encoded, or a
    /// StackExchange.Redis string, whose own timeouts are overruled.
    /// </param>
    /// <exception cref="FormatException">It is neither; the message doesn't repeat the text, which may hold a password.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var options = text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase) ? FromUrl(text) : FromNative(text);

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
        return options;
    }

    /// <summary>Whether nobody on the way can read: TLS, or no way at all.</summary>
    /// <exception cref="FormatException">It is no address of Redis.</exception>
    public static bool IsProtected(string text)
    {
        var options = Parse(text);
        return options.Ssl || options.EndPoints.All(e => e is UnixDomainSocketEndPoint || IsLoopback(e));
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
            return options.EndPoints.Count > 0 ? options : throw Malformed(inner: null);
        }
        catch (ArgumentException e)
        {
            throw Malformed(e);
        }
    }

    private static ConfigurationOptions FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw Malformed(inner: null);

        var options = new ConfigurationOptions { Ssl = url.Scheme == "rediss" };
        options.EndPoints.Add(url.Host.Trim('[', ']'), url.IsDefaultPort || url.Port < 0 ? DefaultPort : url.Port);

        // A lone part is the password in a URL without a colon, as Redis's own tools take it.
        var colon = url.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var user = colon < 0 ? string.Empty : Uri.UnescapeDataString(url.UserInfo[..colon]);
        var password = Uri.UnescapeDataString(url.UserInfo[(colon + 1)..]);
        options.User = user.Length > 0 ? user : null;
        options.Password = password.Length > 0 ? password : null;

        var database = url.AbsolutePath.Trim('/');
        if (database.Length > 0)
            options.DefaultDatabase = int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Malformed(inner: null);
        return options;
    }

    private static FormatException Malformed(Exception? inner) =>
        new("The Redis address is neither redis[s]://[user:password@]host:port[/database] nor a StackExchange.Redis string.", inner);
}
