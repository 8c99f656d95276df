using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>From variables to configuration keys.</summary>
public sealed class ServiceSettingsTests
{
    [Theory]
    [InlineData("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "20", "Jwt:AccessTokenLifetime", "00:20:00")]
    [InlineData("JWT_REFRESH_TOKEN_EXPIRE_DAYS", "9", "Sessions:Idle", "9.00:00:00")]
    [InlineData("RATE_LIMIT_FREE_BURST", "7", "RateLimits:Free:Burst", "7")]
    [InlineData("RATE_LIMIT_LOGIN_MINUTE", "3", "RateLimits:LoginMinute", "3")]
    [InlineData("QUOTA_PREMIUM_AUDIO_SECONDS", "100", "Quotas:Premium:AudioSeconds", "100")]
    [InlineData("ALLOWED_ORIGINS", " https://a.test , https://b.test,", "Edge:AllowedOrigins", "https://a.test,https://b.test")]
    [InlineData("ALLOWED_DOMAINS", "a.test", "Edge:AllowedOrigins", "https://a.test,https://www.a.test")]
    [InlineData("REDIS_HOST", "redis.test", "Redis:ConnectionString", "redis.test:6379,defaultDatabase=0")]
    [InlineData("LOG_LEVEL", "info", "Server:LogLevel", "Information")]
    [InlineData("PUBLIC_URL", "http://localhost:9000/", "Edge:PublicUrl", "http://localhost:9000")]
    public void A_variable_becomes_its_key(string name, string value, string key, string expected) =>
        Assert.Equal(expected, Settings.Read(("ENVIRONMENT", "Development"), (name, value))[key]);

    [Fact]
    public void The_parts_of_the_original_address_make_one_and_the_url_wins_over_them()
    {
        (string, string)[] parts = [("ENVIRONMENT", "Development"), ("REDIS_HOST", "r.test"), ("REDIS_PORT", "7000"), ("REDIS_DB", "3")];

        Assert.Equal("r.test:7000,defaultDatabase=3", Settings.Read(parts)["Redis:ConnectionString"]);
        Assert.Equal("redis://x.test", Settings.Read([.. parts, ("REDIS_URL", "redis://x.test")])["Redis:ConnectionString"]);
    }

    [Fact]
    public void Lists_of_several_names_join_and_a_newer_name_wins_over_an_alias()
    {
        var settings = Settings.Read(
            ("ENVIRONMENT", "Development"), ("INTERNAL_API_KEYS", "a"), ("MONITORING_API_KEY", "b"), ("HEALTH_CHECK_KEY", "c"),
            ("SESSION_IDLE_DAYS", "3"), ("JWT_REFRESH_TOKEN_EXPIRE_DAYS", "9"));

        Assert.Equal("a,b,c", settings["Edge:InternalApiKeys"]);
        Assert.Equal("3.00:00:00", settings["Sessions:Idle"]);
    }

    [Fact]
    public void Staging_alone_reads_its_own_origins()
    {
        var origins = ("STAGING_DEV_ORIGINS", "https://dev.test");

        Assert.Equal("https://dev.test", Settings.Read([.. Settings.ProductionBut("ENVIRONMENT", "staging"), origins])["Edge:AllowedOrigins"]);
        Assert.Null(Settings.Read([.. Settings.Production, origins])["Edge:AllowedOrigins"]);
    }

    [Theory]
    [InlineData("RATE_LIMIT_FRE_MINUTE", "30", "RATE_LIMIT_FRE_MINUTE: there is no such limit")]
    [InlineData("QUOTA_FREE_BURST", "30", "QUOTA_FREE_BURST: there is no such limit")]
    [InlineData("RATE_LIMIT_FREE_MINUTE", "many", "RATE_LIMIT_FREE_MINUTE: must be a whole number")]
    [InlineData("RATE_LIMIT_FREE_MINUTE", "-1", "RATE_LIMIT_FREE_MINUTE: must be a whole number")]
    [InlineData("REGISTRATION", "maybe", "REGISTRATION: must be one of open, closed")]
    [InlineData("DATABASE_URL", "postgres://u:p@h/db", "DATABASE_URL: must be an ADO.NET string")]
    [InlineData("PUBLIC_URL", "http://music.test", "PUBLIC_URL: plain http on a host other than localhost")]
    [InlineData("PUBLIC_URL", "https://music.test/app", "PUBLIC_URL: must be an origin")]
    [InlineData("PUBLIC_URL", "music.test", "PUBLIC_URL: must be an address")]
    [InlineData("JWT_SECRET_KEY", "short", "JWT_SECRET_KEY: must have at least 32 characters")]
    [InlineData("AUTH_LEGACY_MIGRATION_UNTIL", "2026-12-31", "AUTH_LEGACY_MIGRATION_UNTIL: lies more than 90 days ahead")]
    [InlineData("AUTH_LEGACY_MIGRATION_UNTIL", "2026-08-31", "AUTH_LEGACY_MIGRATION_UNTIL: lies more than 90 days ahead")]
    [InlineData("AUTH_LEGACY_MIGRATION_UNTIL", "2026-08-30", "AUTH_LEGACY_JWT_SECRET: is not set")]
    [InlineData("AUTH_LEGACY_MIGRATION_UNTIL", "soon", "AUTH_LEGACY_MIGRATION_UNTIL: must be a date")]
    [InlineData("AUTH_LEGACY_JWT_SECRET", "your-secret-key-change-in-production", "AUTH_LEGACY_JWT_SECRET: is a sample")]
    [InlineData("AUTH_LEGACY_JWT_SECRET", "your-secret-key", "AUTH_LEGACY_JWT_SECRET: is a sample or too short")]
    [InlineData("AUTH_LEGACY_JWT_SECRET", "your-csrf-secret-key-your-csrf-secret-key", "AUTH_LEGACY_JWT_SECRET: is a sample")]
    [InlineData("AUTH_LEGACY_JWT_SECRET", "your-session-secret-key-your-session", "AUTH_LEGACY_JWT_SECRET: is a sample")]
    public void A_value_that_means_nothing_is_refused_by_name_also_in_Development(string name, string value, string line) =>
        Assert.StartsWith(line, Assert.Single(Settings.Refusals(("ENVIRONMENT", "Development"), (name, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("NODE_ROL")]
    [InlineData("S3_PREFX")]
    [InlineData("QUEUE_FREE_WORKER")]
    [InlineData("REDIS_PASSWORD")]
    public void A_name_like_ours_that_is_no_setting_is_warned_of(string name) =>
        Assert.StartsWith($"{name}: has no effect", Assert.Single(Settings.Read(("ENVIRONMENT", "Development"), (name, "x")).Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("REDIS_SERVICE_HOST")]
    [InlineData("REDIS_SERVICE_PORT")]
    [InlineData("REDIS_SERVICE_PORT_TCP_REDIS")]
    [InlineData("REDIS_MASTER_SERVICE_HOST")]
    [InlineData("REDIS_MASTER_PORT")]
    [InlineData("REDIS_PORT_6379_TCP")]
    [InlineData("REDIS_PORT_6379_TCP_ADDR")]
    [InlineData("NODE_OPTIONS")]
    [InlineData("OTEL_SERVICE_NAME")]
    [InlineData("SESSION_MANAGER")]
    [InlineData("PATH")]
    public void Others_variables_are_theirs(string name) =>
        Assert.Empty(Settings.Read(("ENVIRONMENT", "Development"), (name, "x")).Warnings);

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("Development")]
    public void No_environment_starts_with_a_secret_that_everybody_knows_or_a_day_too_far_ahead(string environment)
    {
        var production = Settings.ProductionBut("ENVIRONMENT", environment);

        var refused = Settings.Refusals(
            [.. production, ("AUTH_LEGACY_MIGRATION_UNTIL", "2026-12-31"), ("AUTH_LEGACY_JWT_SECRET", "your-secret-key-change-in-production")]);

        Assert.Equal(["AUTH_LEGACY_MIGRATION_UNTIL", "AUTH_LEGACY_JWT_SECRET"], refused.Select(l => l.Split(':')[0]));
    }

    [Theory]
    [InlineData("2026-08-30", "2026-08-30T00:00:00.0000000+00:00")]
    [InlineData("2026-08-30T02:00:00+02:00", "2026-08-30T00:00:00.0000000+00:00")]
    public void A_day_begins_in_UTC_wherever_the_server_stands(string value, string read) =>
        Assert.Equal(read, Settings.Read(
            ("ENVIRONMENT", "Development"), ("AUTH_LEGACY_MIGRATION_UNTIL", value), ("AUTH_LEGACY_JWT_SECRET", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"))["Legacy:MigrationUntil"]);

    [Fact]
    public void Making_music_needs_nothing_else_to_be_right()
    {
        var settings = Settings.Read(
            SettingsNeed.Music, ("ENVIRONMENT", "Production"), ("RATE_LIMIT_FRE_MINUTE", "x"), ("COOKIE_SECURE", "false"), ("HF_ENDPOINT", "https://mirror.test/"));

        Assert.Equal("https://mirror.test", settings["Inference:HubEndpoint"]);
    }

    [Theory]
    [InlineData(null, null, "Production")]
    [InlineData("development", null, "Development")]
    [InlineData("STAGING", "Development", "Staging")]
    [InlineData(" ", "Development", "Development")]
    [InlineData("qa", null, "qa")]
    public void The_environment_is_named_by_ENVIRONMENT_first_and_is_Production_when_nobody_names_it(string? own, string? aspNet, string expected)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (own is not null)
            variables["ENVIRONMENT"] = own;
        if (aspNet is not null)
            variables["ASPNETCORE_ENVIRONMENT"] = aspNet;

        var environment = ServiceEnvironment.Of(variables);

        Assert.Equal(expected, environment.Name);
        Assert.Equal(expected == "Development", environment.IsDevelopment);
    }
}
