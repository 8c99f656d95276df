using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>
/// Every variable that the original service read, and what becomes of it here: it does the same, under its name or as an
/// alias; or it has no effect, with advice; or it would only weaken, and refuses the start. The list is the original's own,
/// written out, with what its last release added.
/// </summary>
public sealed class OriginalVariablesTests
{
    /// <summary>Name, a value, the configuration key that takes it, and as what.</summary>
    public static TheoryData<string, string, string, string> Honoured { get; } = new()
    {
        { "JWT_SECRET_KEY", "k8Yb3nQ6tR1wZ5xV9mJ2fL7dP4hC0gSa", "Jwt:SecretKey", "k8Yb3nQ6tR1wZ5xV9mJ2fL7dP4hC0gSa" },
        { "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "10", "Jwt:AccessTokenLifetime", "00:10:00" },
        { "JWT_REFRESH_TOKEN_EXPIRE_DAYS", "5", "Sessions:Idle", "5.00:00:00" },
        { "DATABASE_URL", "Data Source=music.db", "Database:ConnectionString", "Data Source=music.db" },
        { "REDIS_URL", "redis://other.test", "Redis:ConnectionString", "redis://other.test" },
        { "REDIS_HOST", "host.test", "Redis:ConnectionString", "host.test:6379,defaultDatabase=0" },
        { "REDIS_PORT", "7000", "Redis:ConnectionString", "redis.test:7000,defaultDatabase=0" },
        { "REDIS_DB", "3", "Redis:ConnectionString", "redis.test:6379,defaultDatabase=3" },
        { "TRUSTED_PROXIES", "10.0.0.5", "Edge:TrustedProxies", "10.0.0.5" },
        { "INTERNAL_API_KEYS", "a,b", "Edge:InternalApiKeys", "a,b" },
        { "MONITORING_API_KEY", "m", "Edge:InternalApiKeys", "m" },
        { "METRICS_COLLECTOR_KEY", "c", "Edge:InternalApiKeys", "c" },
        { "HEALTH_CHECK_KEY", "h", "Edge:InternalApiKeys", "h" },
        { "ALLOWED_ORIGINS", "https://a.test", "Edge:AllowedOrigins", "https://a.test" },
        { "CORS_ALLOWED_ORIGINS", "https://b.test", "Edge:AllowedOrigins", "https://b.test" },
        { "CORS_ORIGINS", "https://c.test", "Edge:AllowedOrigins", "https://c.test" },
        { "ALLOWED_DOMAINS", "d.test", "Edge:AllowedOrigins", "https://d.test,https://www.d.test" },
        { "STAGING_DEV_ORIGINS", "https://e.test", "Edge:AllowedOrigins", "https://e.test" },
        { "STAGING_DOMAIN", "f.test", "Edge:AllowedOrigins", "https://f.test,https://www.f.test" },
        { "DEFAULT_MODEL", "embedded/composer", "Inference:DefaultModel", "embedded/composer" },
        { "LOG_LEVEL", "ERROR", "Server:LogLevel", "Error" },
        { "LOG_FORMAT", "text", "Server:LogFormat", "text" },
    };

    /// <summary>Name, and a value that says what holds here anyway: it passes without a word.</summary>
    public static TheoryData<string, string> HeldAnyway { get; } = new()
    {
        { "COOKIE_SECURE", "true" }, { "COOKIE_HTTPONLY", "true" }, { "COOKIE_SAMESITE", "Strict" }, { "CORS_ALLOW_CREDENTIALS", "true" },
        { "ENABLE_PROXY_HEADERS", "false" }, { "TRUST_ALL_PROXIES", "false" }, { "ALLOW_SUBDOMAIN_WILDCARDS", "false" },
        { "DEFAULT_RATE_LIMIT_TIER", "free" }, { "JWT_ALGORITHM", "ES256" }, { "AUDIT_LOG_ENABLED", "true" },
    };

    /// <summary>Name, a value that would weaken the service, and a word of the advice.</summary>
    public static TheoryData<string, string, string> Refused { get; } = new()
    {
        { "COOKIE_DOMAIN", ".music.test", "__Host-" }, { "COOKIE_SECURE", "false", "Secure" }, { "COOKIE_HTTPONLY", "false", "Scripts never see" },
        { "COOKIE_SAMESITE", "lax", "SameSite=Strict" }, { "TRUST_ALL_PROXIES", "true", "TRUSTED_PROXIES" }, { "ALLOW_SUBDOMAIN_WILDCARDS", "true", "ALLOWED_ORIGINS" },
        { "DEFAULT_RATE_LIMIT_TIER", "enterprise", "RATE_LIMIT_FREE_" }, { "JWT_ALGORITHM", "HS256", "ES256" },
        { "JWT_EXPIRY_HOURS", "24", "JWT_ACCESS_TOKEN_EXPIRE_MINUTES" }, { "AUDIT_LOG_ENABLED", "false", "always on" },
    };

    /// <summary>Name, a value, and a word of the advice: it changes nothing, and the start says so.</summary>
    public static TheoryData<string, string, string> WithoutEffect { get; } = new()
    {
        { "REDIS_RATELIMIT_DB", "2", "REDIS_URL" }, { "CORS_ALLOW_CREDENTIALS", "false", "ALLOWED_ORIGINS" }, { "ENABLE_PROXY_HEADERS", "true", "TRUSTED_PROXIES" },
        { "CSRF_SECRET_KEY", "x", "JWT_SECRET_KEY" }, { "SESSION_SECRET_KEY", "x", "JWT_SECRET_KEY" },
        { "AUDIT_LOG_FILE", "logs/security_audit.log", "database" }, { "AUDIT_LOG_LEVEL", "INFO", "database" },
    };

    [Fact]
    public void Each_has_its_place_above_and_none_is_forgotten()
    {
        var placed = Honoured.Select(r => r.Data.Item1).Concat(Refused.Select(r => r.Data.Item1)).Concat(WithoutEffect.Select(r => r.Data.Item1)).Append("ENVIRONMENT");

        Assert.Equal(
            EnvironmentVariablesTests.Original.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            placed.Order(StringComparer.Ordinal));
    }

    // The table knows no name of the original that isn't in the list, so that neither can go without the other.
    [Fact]
    public void The_table_has_no_other() =>
        Assert.All(OriginalVariables.All, v => Assert.Contains(v.Name, EnvironmentVariablesTests.Original.Split([' ', '\n'])));

    [Theory]
    [InlineData("development", true)]
    [InlineData("staging", false)]
    [InlineData("production", false)]
    public void ENVIRONMENT_means_what_it_did(string value, bool isDevelopment) =>
        Assert.Equal(isDevelopment, Settings.Read(Settings.ProductionBut("ENVIRONMENT", value)).Environment.IsDevelopment);

    [Theory, MemberData(nameof(Honoured))]
    public void What_means_the_same_here_does_the_same(string name, string value, string key, string expected)
    {
        // Of the three names of one Redis the parts need a host, and the URL would win over them.
        var rest = name is "REDIS_HOST" or "REDIS_PORT" or "REDIS_DB" ? Settings.ProductionBut("REDIS_URL", null) : Settings.ProductionBut(name, null);
        (string, string)[] host = name is "REDIS_PORT" or "REDIS_DB" ? [("REDIS_HOST", "redis.test")] : [];
        (string, string)[] environment = [("ENVIRONMENT", name.StartsWith("STAGING_", StringComparison.Ordinal) ? "Staging" : "Production")];

        var settings = Settings.Read([.. rest.Where(v => v.Name != "ENVIRONMENT"), .. environment, .. host, (name, value)]);

        Assert.Equal(expected, settings[key]);
        Assert.Empty(settings.Warnings);
    }

    [Theory, MemberData(nameof(HeldAnyway))]
    public void What_holds_anyway_passes_without_a_word(string name, string value) =>
        Assert.Empty(Settings.Read([.. Settings.Production, (name, value)]).Warnings);

    [Theory, MemberData(nameof(Refused))]
    public void What_would_weaken_refuses_the_start_with_advice_and_is_only_warned_of_in_Development(string name, string value, string advice)
    {
        foreach (var environment in new[] { "Production", "Staging", "qa" })
        {
            var line = Assert.Single(Settings.Refusals([.. Settings.ProductionBut("ENVIRONMENT", environment), (name, value)]));
            Assert.StartsWith($"{name}: has no effect. ", line, StringComparison.Ordinal);
            Assert.Contains(advice, line, StringComparison.Ordinal);
        }

        Assert.StartsWith($"{name}: has no effect. ", Assert.Single(Settings.Read(("ENVIRONMENT", "Development"), (name, value)).Warnings), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithoutEffect))]
    public void What_has_no_effect_says_so_with_advice(string name, string value, string advice)
    {
        var settings = Settings.Read([.. Settings.Production, (name, value)]);

        var line = Assert.Single(settings.Warnings);
        Assert.StartsWith($"{name}: has no effect. ", line, StringComparison.Ordinal);
        Assert.Contains(advice, line, StringComparison.Ordinal);
        Assert.Equal(Settings.Read(Settings.Production).Values.OrderBy(v => v.Key), settings.Values.OrderBy(v => v.Key));
    }
}
