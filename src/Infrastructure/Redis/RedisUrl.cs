using System.Globalization;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Addresses of Redis as URLs. <see cref="Uri"/> knows one host alone, so the parts are taken here:
/// <c>redis[s]://[user:password@]host[:port][,host[:port]…][/database]</c>, and
/// <c>redis[s]+sentinel://[user:password@]sentinel[:port][,…]/service[/database][?sentinelUser=…&amp;sentinelPassword=…]</c>.
/// User, passwords and service are percent-encoded.
/// </summary>
internal static class RedisUrl
{
    public const string NoServiceName = "The Redis address asks sentinels and lacks the service's name, which is letters, digits, '.', '-' and '_': redis[s]+sentinel://[user:password@]sentinel:port,…/service[/database].";

    private const int Port = 6379;
    private const int SentinelPort = 26379;
    private const string Sentinel = "+sentinel";

    private static readonly string[] Schemes = ["redis", "rediss", "redis" + Sentinel, "rediss" + Sentinel];

    public static bool IsOne(string text) => Schemes.Contains(SchemeOf(text), StringComparer.Ordinal);

    /// <exception cref="FormatException">It is malformed; the message doesn't repeat it.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var scheme = SchemeOf(text);
        var asksSentinels = scheme.EndsWith(Sentinel, StringComparison.Ordinal);
        var (rest, query) = Halves(text[(scheme.Length + 3)..], '?');
        var (authority, path) = Halves(rest, '/');
        var at = authority.LastIndexOf('@');
        var options = new ConfigurationOptions { Ssl = scheme.StartsWith("rediss", StringComparison.Ordinal) };
        ReadUser(options, at < 0 ? string.Empty : authority[..at]);
        foreach (var host in authority[(at + 1)..].Split(','))
            AddHost(options, host, asksSentinels ? SentinelPort : Port);

        if (asksSentinels)
            path = ReadService(options, path, query);
        else if (query.Length > 0)
            throw Malformed(inner: null);
        if (path.Length > 0)
            options.DefaultDatabase = int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Malformed(inner: null);
        return options;
    }

    public static bool IsServiceName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    public static FormatException Malformed(Exception? inner) => new(
        "The Redis address is neither redis[s]://[user:password@]host:port[,host:port…][/database] nor redis[s]+sentinel://[user:password@]sentinel:port[,…]/service[/database] nor a StackExchange.Redis string.",
        inner);

    private static string SchemeOf(string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        return end < 0 ? string.Empty : text[..end].ToLowerInvariant();
    }

    private static (string Before, string After) Halves(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, string.Empty) : (text[..index], text[(index + 1)..]);
    }

    // A lone part is the password in a URL without a colon, as Redis's own tools take it.
    private static void ReadUser(ConfigurationOptions options, string userInfo)
    {
        var colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        options.User = Text(colon < 0 ? string.Empty : userInfo[..colon]);
        options.Password = Text(userInfo[(colon + 1)..]);
    }

    private static string? Text(string encoded) => encoded.Length > 0 ? Uri.UnescapeDataString(encoded) : null;

    private static void AddHost(ConfigurationOptions options, string host, int defaultPort)
    {
        if (!Uri.TryCreate($"redis://{host}", UriKind.Absolute, out var url)
            || url.Host.Length == 0 || url.UserInfo.Length + url.Query.Length + url.Fragment.Length > 0 || url.AbsolutePath.Trim('/').Length > 0)
        {
            throw Malformed(inner: null);
        }

        try
        {
            options.EndPoints.Add(url.Host.Trim('[', ']'), url.Port < 0 ? defaultPort : url.Port);
        }
        catch (ArgumentException e)
        {
            throw new FormatException("The Redis address names a host twice.", e);
        }
    }

    private static string ReadService(ConfigurationOptions options, string path, string query)
    {
        var (service, database) = Halves(path, '/');
        options.ServiceName = Text(service);
        if (options.ServiceName is not { } name || !IsServiceName(name))
            throw new FormatException(NoServiceName);

        // Unsaid, the library would tell sentinels what is the servers' to know.
        (options.SentinelUser, options.SentinelPassword) = (string.Empty, string.Empty);
        foreach (var (key, value) in query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => Halves(pair, '=')))
        {
            if (key == "sentinelUser")
                options.SentinelUser = Uri.UnescapeDataString(value);
            else if (key == "sentinelPassword")
                options.SentinelPassword = Uri.UnescapeDataString(value);
            else
                throw Malformed(inner: null);
        }

        return database;
    }
}
