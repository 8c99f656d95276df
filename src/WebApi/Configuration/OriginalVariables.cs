using static MusicGen.WebApi.Configuration.EnvironmentVariable;
using static MusicGen.WebApi.Configuration.VariableShape;

namespace MusicGen.WebApi.Configuration;

/// <summary>
/// Names that only the original service had: aliases where they mean the same, else a word about what to do instead. Those
/// that would weaken the service refuse the start outside Development.
/// </summary>
internal static class OriginalVariables
{
    private const string OneRedis = "Remove it: everything lives in the one Redis of REDIS_URL.";
    private const string OneSecret = "Remove it: every key is derived from JWT_SECRET_KEY.";
    private const string OneTrail = "Remove it: the audit trail is in the database, and its lines leave through the log.";

    public static IReadOnlyList<EnvironmentVariable> All { get; } =
    [
        new("JWT_REFRESH_TOKEN_EXPIRE_DAYS", "Sessions:Idle", Days),
        new("CORS_ALLOWED_ORIGINS", "Edge:AllowedOrigins", List) { Joins = true },
        new("CORS_ORIGINS", "Edge:AllowedOrigins", List) { Joins = true },
        new("ALLOWED_DOMAINS", "Edge:AllowedOrigins", OriginsOfDomains) { Joins = true },
        new("STAGING_DEV_ORIGINS", "Edge:AllowedOrigins", List) { Joins = true, OnlyInStaging = true },
        new("STAGING_DOMAIN", "Edge:AllowedOrigins", OriginsOfDomains) { Joins = true, OnlyInStaging = true },
        new("MONITORING_API_KEY", "Edge:InternalApiKeys", List) { Joins = true },
        new("METRICS_COLLECTOR_KEY", "Edge:InternalApiKeys", List) { Joins = true },
        new("HEALTH_CHECK_KEY", "Edge:InternalApiKeys", List) { Joins = true },

        Retired("TRUST_ALL_PROXIES", weakens: true, "Anybody could choose their client address. Name your proxies in TRUSTED_PROXIES.", "false"),
        Retired("ALLOW_SUBDOMAIN_WILDCARDS", weakens: true, "One forgotten subdomain would open the service. List each origin in ALLOWED_ORIGINS.", "false"),
        Retired("COOKIE_DOMAIN", weakens: true, "The cookies are __Host- cookies, which belong to one host. Remove it."),
        Retired("COOKIE_SECURE", weakens: true, "The cookies are always Secure. Remove it.", "true"),
        Retired("COOKIE_HTTPONLY", weakens: true, "Scripts never see the cookies that sign in. Remove it.", "true"),
        Retired("COOKIE_SAMESITE", weakens: true, "The cookies are always SameSite=Strict. Remove it.", "strict"),
        Retired("CORS_ALLOW_CREDENTIALS", weakens: false, "Remove it: the origins of ALLOWED_ORIGINS may send credentials, no others.", "true"),
        Retired("ENABLE_PROXY_HEADERS", weakens: false, "Remove it: proxy headers count when TRUSTED_PROXIES names the proxy.", "false"),
        Retired("DEFAULT_RATE_LIMIT_TIER", weakens: true, "Whoever isn't signed in counts as free. Change RATE_LIMIT_FREE_… instead.", "free"),
        Retired("CSRF_SECRET_KEY", weakens: false, OneSecret),
        Retired("SESSION_SECRET_KEY", weakens: false, OneSecret),
        Retired("REDIS_RATELIMIT_DB", weakens: false, OneRedis),
        Retired("JWT_ALGORITHM", weakens: true, "Tokens are ES256, always. Remove it.", "es256"),
        Retired("JWT_EXPIRY_HOURS", weakens: true, "Access tokens live for minutes: JWT_ACCESS_TOKEN_EXPIRE_MINUTES."),
        Retired("AUDIT_LOG_ENABLED", weakens: true, "The audit trail is always on. Remove it.", "true"),
        Retired("AUDIT_LOG_FILE", weakens: false, OneTrail),
        Retired("AUDIT_LOG_LEVEL", weakens: false, OneTrail),
    ];
}
