using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>What a <c>.env</c> file may and may not do.</summary>
public sealed class DotEnvTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-dotenv-").FullName;

    [Fact]
    public void It_adds_what_the_process_does_not_set_and_overrides_nothing()
    {
        var merged = Merge("LOG_LEVEL=Debug\nSMTP_PORT=25", ("LOG_LEVEL", "Error"));

        Assert.Equal("Error", merged["LOG_LEVEL"]);
        Assert.Equal("25", merged["SMTP_PORT"]);
    }

    [Fact]
    public void It_names_an_environment_only_where_the_process_names_none()
    {
        Assert.True(ServiceEnvironment.Of(Merge("ENVIRONMENT=Development")).IsDevelopment);
        Assert.Equal("Production", ServiceEnvironment.Of(Merge("ENVIRONMENT=Development", ("ASPNETCORE_ENVIRONMENT", "Production"))).Name);
        Assert.Equal("Production", ServiceEnvironment.Of(Merge("ASPNETCORE_ENVIRONMENT=Development", ("ENVIRONMENT", "Production"))).Name);
    }

    [Fact]
    public void Quotes_comments_and_blanks_are_as_people_write_them()
    {
        var merged = Merge("# a comment\n\nSMTP_PASSWORD='pa$$ word # not a comment'\nDATABASE_URL=\"Data Source=a b.db\"\nLOG_LEVEL=Debug # one at the end\nexport SMTP_HOST=h.test\n");

        Assert.Equal("pa$$ word # not a comment", merged["SMTP_PASSWORD"]);
        Assert.Equal("Data Source=a b.db", merged["DATABASE_URL"]);
        Assert.Equal("Debug", merged["LOG_LEVEL"]);
        Assert.Equal("h.test", merged["SMTP_HOST"]);
    }

    [Fact]
    public void A_file_that_is_not_there_adds_nothing() =>
        Assert.Empty(DotEnv.Merge(new Dictionary<string, string>(StringComparer.Ordinal), Path.Combine(_folder, "none")));

    [Fact]
    public void A_file_that_makes_no_sense_is_refused_by_name()
    {
        var refused = Assert.Throws<StartRefusedException>(() => Merge("this is no setting\n"));

        Assert.StartsWith(Path.Combine(_folder, ".env"), Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LOG_LEVEL=Debug\nSMTP_PASSWORD secret-of-ours\n")]
    [InlineData("SMTP_PASSWORD='the-secret-of-ours\nLOG_LEVEL=Debug\n")]
    [InlineData("SMTP_PASSWORD=\"the-secret-of-ours\n")]
    public void What_is_said_of_such_a_file_holds_its_place_and_nothing_that_stands_in_it(string text)
    {
        var refused = Assert.Throws<StartRefusedException>(() => Merge(text));

        Assert.Matches("line [0-9]+, column [0-9]+", Assert.Single(refused.Lines));
        Assert.DoesNotContain("ours", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_in_it_that_is_no_setting_is_warned_of_also_where_the_process_has_it_too()
    {
        var merged = Merge("ENVIRONMENT=Development\nLOGLEVEL=Debug\nNODE_ROL=api\nLOG_FORMAT=json\n", ("LOGLEVEL", "Error"), ("HOME", "/root"));

        var warnings = ServiceSettings.Read(merged, SettingsNeed.Service, Settings.Today).Warnings;

        Assert.Equal(["LOGLEVEL", "NODE_ROL"], warnings.Select(w => w.Split(':')[0]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IReadOnlyDictionary<string, string> Merge(string text, params (string Name, string Value)[] process)
    {
        var file = Path.Combine(_folder, ".env");
        File.WriteAllText(file, text);
        return DotEnv.Merge(process.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal), file);
    }
}
