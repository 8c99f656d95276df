using System.Net;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.WebApi.Configuration;

/// <summary>
/// Outside Development no store, mail server or collector on another machine is spoken to in the clear, unless the
/// operator says that the way there is theirs alone.
/// </summary>
internal static class PlaintextRules
{
    private const string Or = "or ALLOW_PLAINTEXT_BACKENDS=true where the network between them is yours alone.";

    public static IEnumerable<string> Check(ServiceSettings settings)
    {
        if (settings.Is("Server:AllowPlaintextBackends"))
            yield break;
        if (settings["Redis:ConnectionString"] is { } redis && !Protects(RedisConnectionString.IsProtected, redis))
            yield return $"REDIS_URL: speaks without TLS to another machine. Use rediss://, {Or}";
        if (settings["Database:Provider"] == "sqlserver" && settings["Database:ConnectionString"] is { } sql && !Protects(SqlServerConnectionString.IsProtected, sql))
            yield return $"DATABASE_URL: speaks without TLS, or with whoever answers. Use Encrypt=Strict without TrustServerCertificate, {Or}";
        if (settings["S3:Endpoint"] is { } bucket && IsPlain(bucket))
            yield return $"S3_ENDPOINT: is plain http to another machine. Use https, {Or}";
        if (settings["Mail:Security"] == "none" && settings["Mail:Host"] is { } mail && !IsLoopback(mail))
            yield return $"SMTP_SECURITY: none sends mail in the clear. Use tls or starttls, {Or}";
        if (settings["Server:OtlpEndpoint"] is { } collector && IsPlain(collector))
            yield return $"OTEL_EXPORTER_OTLP_ENDPOINT: is plain http to another machine. Use https, {Or}";
        if (settings["Server:SecurityLog"]?.Split(',').Any(place => place.StartsWith("otlp:", StringComparison.Ordinal) && IsPlain(place[5..])) == true)
            yield return $"SECURITY_LOG: is plain http to another machine. Use otlp:https://, {Or}";
    }

    // What can't be read is refused by its own rule, with a better reason.
    private static bool Protects(Func<string, bool> judge, string connection)
    {
        try
        {
            return judge(connection);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return true;
        }
    }

    private static bool IsPlain(string address) => new Uri(address) is { Scheme: "http" } url && !IsLoopback(url.Host);

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
