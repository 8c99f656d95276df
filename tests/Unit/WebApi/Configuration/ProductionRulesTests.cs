namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>Production, and whatever isn't Development, refuses to start half configured.</summary>
public sealed class ProductionRulesTests
{
    [Fact]
    public void With_nothing_set_every_missing_variable_is_named_at_once()
    {
        var lines = Settings.Refusals(("ENVIRONMENT", "Production"));

        Assert.Equal(["JWT_SECRET_KEY", "PUBLIC_URL", "REDIS_URL", "SMTP_HOST", "SMTP_FROM"], lines.Select(l => l.Split(':')[0]));
    }

    [Fact]
    public void Without_any_environment_Production_rules_hold() => Assert.NotEmpty(Settings.Refusals());

    [Fact]
    public void With_all_of_them_it_starts() => Assert.Equal("https://music.test", Settings.Read(Settings.Production)["Accounts:PublicUrl"]);

    [Theory]
    [InlineData("JWT_SECRET_KEY", null, "JWT_SECRET_KEY: is not set")]
    [InlineData("JWT_SECRET_KEY", "0123456789abcdef", "JWT_SECRET_KEY: must have at least 32")]
    [InlineData("JWT_SECRET_KEY", "your-secret-key-change-in-production", "JWT_SECRET_KEY: is a sample")]
    [InlineData("JWT_SECRET_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "JWT_SECRET_KEY: is a sample")]
    [InlineData("PUBLIC_URL", null, "PUBLIC_URL: is not set")]
    [InlineData("PUBLIC_URL", "http://localhost:8000", "PUBLIC_URL: must begin with https://")]
    [InlineData("REDIS_URL", null, "REDIS_URL: is not set")]
    [InlineData("REDIS_URL", "redis://redis.test:6379", "REDIS_URL: speaks without TLS")]
    [InlineData("REDIS_URL", "127.0.0.1:6379,redis.test:6379", "REDIS_URL: speaks without TLS")]
    [InlineData("SMTP_SECURITY", "none", "SMTP_SECURITY: none sends mail in the clear")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4318", "OTEL_EXPORTER_OTLP_ENDPOINT: is plain http")]
    [InlineData("SECURITY_LOG", "stdout,otlp:http://collector.test:4318", "SECURITY_LOG: is plain http")]
    [InlineData("SMTP_HOST", null, "SMTP_HOST: is not set")]
    [InlineData("SMTP_FROM", null, "SMTP_FROM: is not set")]
    public void One_fault_is_one_line_that_names_it(string name, string? value, string line) =>
        Assert.StartsWith(line, Assert.Single(Settings.Refusals(Settings.ProductionBut(name, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("S3_BUCKET", null, "S3_BUCKET: is not set, although AUDIO_STORE is s3")]
    [InlineData("S3_SECRET_ACCESS_KEY", null, "S3_SECRET_ACCESS_KEY: is not set")]
    [InlineData("S3_SECRET_ACCESS_KEY", "minioadmin", "S3_SECRET_ACCESS_KEY: is a sample")]
    [InlineData("S3_ENDPOINT", "http://bucket.test:9000", "S3_ENDPOINT: is plain http to another machine")]
    [InlineData("S3_ENDPOINT", "https://bucket.test/path", "S3_ENDPOINT: must be an origin")]
    [InlineData("AUDIO_STORE", "folder", "AUDIO_STORE: is folder, although S3_ENDPOINT is set")]
    [InlineData("AUDIO_STORE", "tape", "AUDIO_STORE: must be one of folder, s3")]
    public void A_bucket_is_set_whole_or_not_at_all_and_reached_by_tls(string name, string? value, string line)
    {
        (string Name, string Value)[] bucket =
            [("AUDIO_STORE", "s3"), ("S3_ENDPOINT", "https://bucket.test"), ("S3_BUCKET", "music"), ("S3_ACCESS_KEY_ID", "key"), ("S3_SECRET_ACCESS_KEY", "kT9vQ2xW7mZ4pL8sR1")];
        Settings.Read([.. Settings.Production, .. bucket]);

        var refusals = Settings.Refusals([.. Settings.Production, .. bucket.Where(v => v.Name != name), .. value is null ? Array.Empty<(string, string)>() : [(name, value)]]);

        Assert.StartsWith(line, refusals[0], StringComparison.Ordinal);
        Assert.All(refusals, r => Assert.DoesNotContain("kT9vQ2xW7mZ4pL8sR1", r, StringComparison.Ordinal));
    }

    [Fact]
    public void An_embedded_Redis_and_no_mail_are_choices_that_must_be_said()
    {
        var settings = Settings.Read([.. Settings.Production[..3], ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off")]);

        Assert.True(settings.Is("Server:AllowEmbeddedRedis"));
        Assert.Equal("off", settings["Accounts:EmailVerification"]);
    }

    [Theory]
    [InlineData("Server=tcp:sql.test,1433;Database=m;User Id=m;Password=p;Encrypt=Optional")]
    [InlineData("Server=sql.test\\main;Database=m;User Id=m;Password=p;TrustServerCertificate=true")]
    public void A_database_that_anybody_could_play_is_refused(string connection) =>
        Assert.StartsWith(
            "DATABASE_URL: speaks without TLS",
            Assert.Single(Settings.Refusals([.. Settings.Production, ("DATABASE_PROVIDER", "sqlserver"), ("DATABASE_URL", connection)])),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("Pooling=false")]
    [InlineData("Max Pool Size=1001")]
    public void A_pool_without_a_bound_is_refused(string more) =>
        Assert.StartsWith("DATABASE_URL: lets a node open more connections", Assert.Single(Settings.Refusals(OnSqlServer(more))), StringComparison.Ordinal);

    [Fact]
    public void A_pool_with_a_bound_is_fine() => Assert.Equal("sqlserver", Settings.Read(OnSqlServer("Max Pool Size=1000"))["Database:Provider"]);

    [Theory]
    [InlineData("REDIS_URL", "redis://127.0.0.1:6379")]
    [InlineData("REDIS_URL", "redis://:secret@[::1]:6379/2")]
    [InlineData("REDIS_URL", "redis.test:6380,ssl=true")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.test:4318")]
    public void What_stays_on_this_machine_or_is_encrypted_passes(string name, string value) => Settings.Read(Settings.ProductionBut(name, value));

    [Fact]
    public void A_network_of_ones_own_is_a_choice_that_must_be_said() =>
        Settings.Read([.. Settings.ProductionBut("REDIS_URL", "redis://redis.test:6379"), ("SMTP_SECURITY", "none"), ("ALLOW_PLAINTEXT_BACKENDS", "true")]);

    private static (string Name, string Value)[] OnSqlServer(string more) =>
        [.. Settings.Production, ("DATABASE_PROVIDER", "sqlserver"), ("DATABASE_URL", $"Server=sql.test;Database=m;User Id=m;Password=p;{more}")];
}
