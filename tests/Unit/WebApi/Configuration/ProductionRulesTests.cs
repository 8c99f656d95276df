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
    [InlineData("SMTP_HOST", null, "SMTP_HOST: is not set")]
    [InlineData("SMTP_FROM", null, "SMTP_FROM: is not set")]
    public void One_fault_is_one_line_that_names_it(string name, string? value, string line) =>
        Assert.StartsWith(line, Assert.Single(Settings.Refusals(Settings.ProductionBut(name, value))), StringComparison.Ordinal);

    [Fact]
    public void An_embedded_Redis_and_no_mail_are_choices_that_must_be_said()
    {
        var settings = Settings.Read([.. Settings.Production[..3], ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off")]);

        Assert.True(settings.Is("Server:AllowEmbeddedRedis"));
        Assert.Equal("off", settings["Accounts:EmailVerification"]);
    }
}
