using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using static MusicGen.WebApi.Configuration.VariableShape;

namespace MusicGen.WebApi.Configuration;

/// <summary>
/// Every environment variable that the product reads, and the configuration keys it becomes. Where two name the same key,
/// the earlier one wins. <c>.env.example</c> lists exactly these.
/// </summary>
internal static class EnvironmentVariables
{
    private static readonly string[] LimitTiers = ["Free", "Premium", "Enterprise", "Admin", "Internal"];
    private static readonly string[] QuotaTiers = ["Free", "Premium", "Enterprise"];
    private static readonly string[] Windows = ["Minute", "Hour", "Day", "Burst"];

    private static readonly EnvironmentVariable[] Service =
    [
        new("ENVIRONMENT", [], Text),
        new("ASPNETCORE_ENVIRONMENT", [], Text),
        new("ASPNETCORE_URLS", "Server:Urls", Text),
        new("MUSICGEN_ENV_FILE", [], Text),
        new("MUSICGEN_DATA", "Data:Folder", FullPath),
        new("NODE_ROLE", "Node:Role", Choice("all", "api", "worker")),
        new("NODE_NAME", "Node:Name", Text),
        new("PUBLIC_URL", ["Edge:PublicUrl", "Accounts:PublicUrl"], Origin),
        new("TLS_CERTIFICATE_FILE", "Server:TlsCertificate", FullPath),
        new("TLS_KEY_FILE", "Server:TlsKey", FullPath),
        new("LOG_LEVEL", "Server:LogLevel", LogLevel),
        new("LOG_FORMAT", "Server:LogFormat", Choice("text", "json")),
        new("SECURITY_LOG", "Server:SecurityLog", Hosting.SecurityLog.Check),
        new("OTEL_EXPORTER_OTLP_ENDPOINT", "Server:OtlpEndpoint", Url),
        new("OTEL_TRACES_SAMPLER_ARG", "Server:TraceShare", Share),
        new("MAX_CONNECTIONS", "Server:MaxConnections", Number(100, 1_000_000)),
        new("MAX_CONNECTIONS_PER_ADDRESS", "Server:MaxConnectionsPerAddress", Number(8, 1_000_000)),
        new("ALLOW_PLAINTEXT_BACKENDS", "Server:AllowPlaintextBackends", Switch),
        new("SHUTDOWN_GRACE_SECONDS", ["Server:ShutdownGrace", "Node:ShutdownGrace"], Seconds),
        new("SHUTDOWN_NOTICE_SECONDS", "Node:ShutdownNotice", Seconds),
    ];

    private static readonly EnvironmentVariable[] Stores =
    [
        new("REDIS_URL", "Redis:ConnectionString", Secret),
        new("REDIS_HOST", "Server:RedisHost", Text),
        new("REDIS_PORT", "Server:RedisPort", Number(1, 65535)),
        new("REDIS_DB", "Server:RedisDatabase", Number(0, 1023)),
        new("REDIS_CA_FILE", "Redis:CaFile", FullPath),
        new("REDIS_PATIENCE_MS", "Redis:PatienceMilliseconds", Number(20, 10_000)),
        new("ALLOW_EMBEDDED_REDIS", "Server:AllowEmbeddedRedis", Switch),
        new("DATABASE_PROVIDER", "Database:Provider", Choice("sqlite", "sqlserver")),
        new("DATABASE_URL", "Database:ConnectionString", AdoNet),
        new("AUDIO_STORE", "Audio:Store", Choice("folder", "s3")),
        new("AUDIO_PATH", "Audio:Path", FullPath),
        new("AUDIO_ENCODERS", "Audio:Encoders", Number(1, 64)),
        new("S3_ENDPOINT", "S3:Endpoint", Origin),
        new("S3_REGION", "S3:Region", Text),
        new("S3_BUCKET", "S3:Bucket", Text),
        new("S3_PREFIX", "S3:Prefix", Text),
        new("S3_ACCESS_KEY_ID", "S3:AccessKeyId", Text),
        new("S3_SECRET_ACCESS_KEY", "S3:SecretAccessKey", Secret),
        new("S3_FORCE_PATH_STYLE", "S3:ForcePathStyle", Switch),
    ];

    private static readonly EnvironmentVariable[] Accounts =
    [
        new("JWT_SECRET_KEY", "Jwt:SecretKey", Secret),
        new("JWT_SECRET_KEY_PREVIOUS", "Jwt:PreviousSecretKey", Secret),
        new("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "Jwt:AccessTokenLifetime", Minutes),
        new("JWT_REMEMBERED_ACCESS_TOKEN_EXPIRE_MINUTES", "Jwt:RememberedAccessTokenLifetime", Minutes),
        new("JWT_ISSUER", "Jwt:Issuer", Text),
        new("JWT_AUDIENCE", "Jwt:Audience", Text),
        new("SESSION_IDLE_DAYS", "Sessions:Idle", Days),
        new("SESSION_ABSOLUTE_DAYS", "Sessions:Absolute", Days),
        new("SESSION_REMEMBERED_IDLE_DAYS", "Sessions:RememberedIdle", Days),
        new("SESSION_REMEMBERED_ABSOLUTE_DAYS", "Sessions:RememberedAbsolute", Days),
        new("REGISTRATION", "Accounts:Registration", Choice("open", "closed")),
        new("EMAIL_VERIFICATION", "Accounts:EmailVerification", Choice("off", "required")),
        new("REQUIRE_SECOND_FACTOR", "Accounts:RequireSecondFactor", Choice("off", "admins", "everyone")),
        new("SMTP_HOST", "Mail:Host", Text),
        new("SMTP_PORT", "Mail:Port", Number(1, 65535)),
        new("SMTP_USERNAME", "Mail:Username", Text),
        new("SMTP_PASSWORD", "Mail:Password", Secret),
        new("SMTP_FROM", "Mail:From", Text),
        new("SMTP_SECURITY", "Mail:Security", Choice("auto", "tls", "starttls", "none")),
        new("PASSWORD_HASHING_MEMORY_KIB", "PasswordHashing:MemoryKiB", Number(8192, 1048576)),
        new("PASSWORD_HASHING_ITERATIONS", "PasswordHashing:Iterations", Number(1, 20)),
        new("PASSWORD_HASHING_PARALLEL", "PasswordHashing:Parallel", Number(1, 256)),
        new("PASSWORD_HASHING_WAITING", "PasswordHashing:Waiting", Number(1, 10000)),
        new("BREACHED_PASSWORDS_FILE", "BreachedPasswords:File", FullPath),
        new("AUTH_LEGACY_MIGRATION_UNTIL", "Legacy:MigrationUntil", Moment),
        new("AUTH_LEGACY_JWT_SECRET", "Legacy:JwtSecret", Secret),
    ];

    private static readonly EnvironmentVariable[] Retention =
    [
        new("AUDIO_RETENTION_DAYS", "Retention:AudioDays", Number(0, 36_500)),
        new("ENCODED_AUDIO_RETENTION_DAYS", "Retention:EncodedAudioDays", Number(1, 36_500)),
        new("EXPORT_RETENTION_HOURS", "Retention:ExportHours", Number(1, 8_760)),
        new("MAIL_RETENTION_DAYS", "Retention:MailDays", Number(0, 36_500)),
        new("AUDIT_RETENTION_DAYS", "Retention:AuditDays", Number(0, 36_500)),
    ];

    private static readonly EnvironmentVariable[] Edge =
    [
        new("ALLOWED_HOSTS", "Edge:AllowedHosts", List),
        new("ALLOWED_ORIGINS", "Edge:AllowedOrigins", List),
        new("TRUSTED_PROXIES", "Edge:TrustedProxies", List),
        new("FORWARDED_HEADER", "Edge:ForwardedHeader", Choice("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip")),
        new("ADMIN_NETWORKS", "Edge:AdminNetworks", List),
        new("INTERNAL_API_KEYS", "Edge:InternalApiKeys", List),
        new("INTERNAL_NETWORKS", "Edge:InternalNetworks", List),
    ];

    private static readonly EnvironmentVariable[] Limits =
    [
        .. LimitTiers.SelectMany(t => Windows.Select(w => Limit($"RATE_LIMIT_{t}_{w}", $"RateLimits:{t}:{w}"))),
        Limit("RATE_LIMIT_LOGIN_MINUTE", "RateLimits:LoginMinute"),
        Limit("RATE_LIMIT_REGISTER_MINUTE", "RateLimits:RegisterMinute"),
        Limit("RATE_LIMIT_RECOVERY_MINUTE", "RateLimits:RecoveryMinute"),
        Limit("RATE_LIMIT_REFRESH_MINUTE", "RateLimits:RefreshMinute"),
        Limit("RATE_LIMIT_TOKEN_LOOKUP_MINUTE", "RateLimits:TokenLookupMinute"),
        Limit("RATE_LIMIT_MAIL_HOUR", "RateLimits:MailHour"),
        .. QuotaTiers.SelectMany(t => Windows[..3].Select(w => Limit($"QUOTA_{t}_{w}", $"Quotas:{t}:{w}"))),
        .. QuotaTiers.Select(t => Limit($"QUOTA_{t}_AUDIO_SECONDS", $"Quotas:{t}:AudioSeconds")),
    ];

    private static readonly EnvironmentVariable[] Music =
    [
        new("QUEUE_FREE_WORKERS", "Queue:FreeWorkers", Number(0, QueueOptions.MostWorkers)),
        new("QUEUE_PREMIUM_WORKERS", "Queue:PremiumWorkers", Number(0, QueueOptions.MostWorkers)),
        new("QUEUE_ENTERPRISE_WORKERS", "Queue:EnterpriseWorkers", Number(0, QueueOptions.MostWorkers)),
        new("QUEUE_MAX_WAITING", "Queue:MaxWaiting", Number(1, QueueOptions.MostWaiting)),
        new("MODEL_PATH", "Inference:ModelPath", Paths),
        new("DEFAULT_MODEL", "Inference:DefaultModel", Text),
        new("HF_ENDPOINT", "Inference:HubEndpoint", Url),
        new("HF_DOWNLOAD_HOSTS", "Inference:HubDownloadHosts", List),
        new("ALLOW_NONCOMMERCIAL_WEIGHTS", "Inference:AllowNoncommercialWeights", Switch),
        new("INFERENCE_DEVICE", "Inference:Device", ComputeDevice.Check),
        new("INFERENCE_PRECISION", "Inference:Precision", Choice("auto", "fp32", "bf16", "fp16", "int8")),
        new("INFERENCE_DECODER", "Inference:Decoder", Choice("auto", "torch", "avx512", "avx2", "portable")),
        new("INFERENCE_THREADS", "Inference:Threads", Number(1, 256)),
        new("INFERENCE_CACHE", "Inference:CacheFolder", Text),
        new("INFERENCE_SONGS", "Inference:Songs", Number(1, 64)),
        new("INFERENCE_MEMORY_MB", "Inference:MemoryMb", Number(1, 1 << 24)),
        new("INFERENCE_IDLE_MINUTES", "Inference:IdleMinutes", Number(0, 10_000)),
    ];

    /// <summary>The table.</summary>
    public static IReadOnlyList<EnvironmentVariable> All { get; } =
        [.. Service, .. Stores, .. Accounts, .. Retention, .. Edge, .. Limits, .. Music, .. OriginalVariables.All];

    /// <summary>The table by name.</summary>
    public static IReadOnlyDictionary<string, EnvironmentVariable> ByName { get; } = All.ToDictionary(v => v.Name, StringComparer.Ordinal);

    private static EnvironmentVariable Limit(string name, string key) => new(name.ToUpperInvariant(), key, Number(1, 1_000_000_000_000));

    private static string LogLevel(string value) => value.Trim().ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" => "Verbose",
        "DEBUG" => "Debug",
        "INFO" or "INFORMATION" => "Information",
        "WARN" or "WARNING" => "Warning",
        "ERROR" => "Error",
        "CRITICAL" or "FATAL" => "Fatal",
        _ => throw new FormatException("must be one of Trace, Debug, Information, Warning, Error, Critical."),
    };

    private static string AdoNet(string value) => value.Contains("://", StringComparison.Ordinal)
        ? throw new FormatException("must be an ADO.NET string, as in Data Source=music.db or Server=…;Database=…, not a URL; DATABASE_PROVIDER says which.")
        : value;
}
