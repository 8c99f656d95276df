using System.Globalization;
using System.Net;

namespace MusicGen.WebApi.Configuration;

/// <summary>What must be right before the service starts. Every rule speaks, so that one start tells all that is missing.</summary>
internal static class StartRules
{
    private const int SecretLength = 32;
    private static readonly TimeSpan LongestLegacyMigration = TimeSpan.FromDays(90);

    public static IEnumerable<string> Check(ServiceSettings settings, DateTimeOffset today) =>
        settings.Environment.IsDevelopment
            ? [.. Everywhere(settings, today)]
            : [.. Everywhere(settings, today), .. Production(settings), .. PlaintextRules.Check(settings)];

    private static IEnumerable<string> Everywhere(ServiceSettings settings, DateTimeOffset today) =>
        [.. Address(settings), .. Shutdown(settings), .. Secrets(settings), .. LegacyMigration(settings, today), .. Bucket(settings)];

    private static IEnumerable<string> Address(ServiceSettings settings)
    {
        if (settings["Edge:PublicUrl"] is not { } url)
            yield break;

        var address = new Uri(url);
        if (address.Scheme == "http" && !settings.Environment.IsDevelopment)
            yield return "PUBLIC_URL: must begin with https:// outside Development, since the cookies are Secure.";
        else if (address.Scheme == "http" && !IsLoopback(address))
            yield return "PUBLIC_URL: plain http on a host other than localhost, 127.0.0.1 or [::1] would lose the cookies in silence. Use https, or an SSH tunnel to localhost.";
    }

    private static IEnumerable<string> Shutdown(ServiceSettings settings)
    {
        if (settings["Node:ShutdownNotice"] is { } notice && 2 * TimeSpan.Parse(notice, CultureInfo.InvariantCulture) > Hosting.ServerHost.ShutdownGrace(settings))
            yield return "SHUTDOWN_NOTICE_SECONDS: must be at most half of SHUTDOWN_GRACE_SECONDS, since requests and tasks under way have the rest.";
    }

    private static IEnumerable<string> Secrets(ServiceSettings settings)
    {
        foreach (var (name, key) in new[] { ("JWT_SECRET_KEY", "Jwt:SecretKey"), ("JWT_SECRET_KEY_PREVIOUS", "Jwt:PreviousSecretKey") })
        {
            if (settings[key] is not { } secret)
                continue;
            if (secret.Length < SecretLength)
                yield return $"{name}: must have at least {SecretLength} characters. Make one: openssl rand -base64 48";
            else if (!settings.Environment.IsDevelopment && SampleValues.IsKnownSecret(secret))
                yield return $"{name}: is a sample, not a secret. Make one: openssl rand -base64 48";
        }
    }

    // Signing in by old tokens ends one day, and must never begin with a secret that everybody knows.
    private static IEnumerable<string> LegacyMigration(ServiceSettings settings, DateTimeOffset today)
    {
        if (settings["Legacy:MigrationUntil"] is { } until)
        {
            if (DateTimeOffset.Parse(until, CultureInfo.InvariantCulture) > today + LongestLegacyMigration)
                yield return "AUTH_LEGACY_MIGRATION_UNTIL: lies more than 90 days ahead.";
            else if (settings["Legacy:JwtSecret"] is null)
                yield return "AUTH_LEGACY_JWT_SECRET: is not set, although AUTH_LEGACY_MIGRATION_UNTIL is.";
        }

        if (settings["Legacy:JwtSecret"] is { } secret && (secret.Length < SecretLength || SampleValues.IsKnownSecret(secret)))
            yield return "AUTH_LEGACY_JWT_SECRET: is a sample or too short; tokens made with it could be anybody's.";
    }

    // One without the other is a service that keeps its sound elsewhere than its operator thinks.
    private static IEnumerable<string> Bucket(ServiceSettings settings)
    {
        string[] needed = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"];
        var given = needed.Where(n => settings[EnvironmentVariables.ByName[n].Keys[0]] is not null).ToList();
        if (settings["Audio:Store"] == "s3")
        {
            foreach (var missing in needed.Except(given))
                yield return $"{missing}: is not set, although AUDIO_STORE is s3.";
        }
        else if (given.Count > 0)
        {
            yield return $"AUDIO_STORE: is folder, although {given[0]} is set. Set it to s3, or remove {string.Join(", ", given)}.";
        }

        if (!settings.Environment.IsDevelopment && settings["S3:SecretAccessKey"] is { } secret && SampleValues.IsKnownSecret(secret))
            yield return "S3_SECRET_ACCESS_KEY: is a sample, not a secret. Make a key of the bucket's own at its server.";
    }

    private static IEnumerable<string> Production(ServiceSettings settings)
    {
        if (settings["Jwt:SecretKey"] is null)
            yield return "JWT_SECRET_KEY: is not set. Make one: openssl rand -base64 48";
        if (settings["Edge:PublicUrl"] is null)
            yield return "PUBLIC_URL: is not set. It is the address under which people reach this service, as in https://music.your-domain.org.";
        if (settings["Redis:ConnectionString"] is null && settings["Server:RedisHost"] is null && !settings.Is("Server:AllowEmbeddedRedis"))
            yield return "REDIS_URL: is not set. Name a Redis, or set ALLOW_EMBEDDED_REDIS=true to keep one inside this process.";
        if (settings["Database:Provider"] == "sqlserver" && settings["Database:ConnectionString"] is null)
            yield return "DATABASE_URL: is not set, although DATABASE_PROVIDER is sqlserver.";
        if (settings["Accounts:EmailVerification"] == "off")
            yield break;

        const string Or = "Mail proves e-mail addresses; EMAIL_VERIFICATION=off does without.";
        if (settings["Mail:Host"] is null)
            yield return $"SMTP_HOST: is not set. {Or}";
        if (settings["Mail:From"] is null)
            yield return $"SMTP_FROM: is not set. {Or}";
    }

    private static bool IsLoopback(Uri address) =>
        address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
