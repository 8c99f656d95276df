using System.Reflection;
using System.Text.RegularExpressions;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>The table, the example file and the options classes say the same.</summary>
public sealed partial class EnvironmentVariablesTests
{
    // The original service's own names: none may be forgotten.
    internal const string Original =
        """
        ENVIRONMENT JWT_SECRET_KEY JWT_ACCESS_TOKEN_EXPIRE_MINUTES JWT_REFRESH_TOKEN_EXPIRE_DAYS DATABASE_URL REDIS_HOST REDIS_PORT
        REDIS_DB REDIS_RATELIMIT_DB CORS_ALLOWED_ORIGINS CORS_ALLOW_CREDENTIALS COOKIE_DOMAIN COOKIE_SECURE COOKIE_HTTPONLY
        COOKIE_SAMESITE ENABLE_PROXY_HEADERS TRUSTED_PROXIES TRUST_ALL_PROXIES INTERNAL_API_KEYS DEFAULT_RATE_LIMIT_TIER
        CSRF_SECRET_KEY SESSION_SECRET_KEY MONITORING_API_KEY METRICS_COLLECTOR_KEY HEALTH_CHECK_KEY ALLOWED_ORIGINS ALLOWED_DOMAINS
        ALLOW_SUBDOMAIN_WILDCARDS STAGING_DEV_ORIGINS STAGING_DOMAIN DEFAULT_MODEL LOG_LEVEL LOG_FORMAT REDIS_URL CORS_ORIGINS
        JWT_ALGORITHM JWT_EXPIRY_HOURS AUDIT_LOG_ENABLED AUDIT_LOG_FILE AUDIT_LOG_LEVEL
        """;

    // Read by the bootstrap, the rules of the start and the engines, which have no options class.
    private static readonly string[] WithoutOptions = ["Server", "Data", "Inference"];

    [Fact]
    public void The_example_file_lists_every_variable_and_no_other()
    {
        var listed = Line().Matches(Example()).Select(m => m.Groups["name"].Value).ToList();

        Assert.Equal(EnvironmentVariables.ByName.Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_name_of_the_original_is_in_the_table() =>
        Assert.All(Original.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries), name => Assert.Contains(name, EnvironmentVariables.ByName.Keys));

    // A key with a slip of the pen would set nothing, in silence.
    [Fact]
    public void Every_key_is_a_property_of_the_options_class_of_its_section()
    {
        var options = new[] { typeof(RedisOptions).Assembly, typeof(EnvironmentVariables).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true })
            .GroupBy(t => (string)t.GetField("Section")!.GetRawConstantValue()!, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var keys = EnvironmentVariables.All.SelectMany(v => v.Keys).Where(k => !WithoutOptions.Contains(k.Split(':')[0])).Distinct(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(keys);
        Assert.All(keys, key =>
        {
            var parts = key.Split(':');
            Assert.True(options.TryGetValue(parts[0], out var types), $"No options class has the section of {key}.");
            Assert.True(types.Exists(t => HasProperty(t, parts[1..])), $"{key} is no property of {string.Join(", ", types.Select(t => t.Name))}.");
        });
    }

    [Fact]
    public void Every_sample_of_the_example_file_refuses_the_start_outside_Development()
    {
        var samples = Line().Matches(Example()).Where(m => !m.Groups["off"].Success).Select(m => m.Groups["name"].Value).ToList();

        var refused = Assert.Throws<StartRefusedException>(() => Settings.Read([.. ExampleVariables(), ("ENVIRONMENT", "Production")]));

        Assert.Contains("JWT_SECRET_KEY", samples);
        Assert.All(samples, name => Assert.Contains(refused.Lines, l => l.StartsWith($"{name}: still holds the sample", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_example_file_starts_Development_as_if_its_samples_were_unset()
    {
        var settings = Settings.Read([.. ExampleVariables(), ("ENVIRONMENT", "Development")]);

        Assert.DoesNotContain(settings.Values.Values, v => v is not null && v.Contains(SampleValues.Mark, StringComparison.Ordinal));
        Assert.Empty(settings.Warnings);
    }

    // What the file shows behind a # is either nothing, the default or an example, but always something that could be set.
    [Fact]
    public void Every_value_that_the_example_file_shows_could_be_set()
    {
        var shown = Line().Matches(Example()).Select(l => (Name: l.Groups["name"].Value, Value: l.Groups["value"].Value)).Where(l => l.Value.Length > 0).ToList();

        Assert.NotEmpty(shown);
        Assert.All(shown, s => Assert.NotNull(EnvironmentVariables.ByName[s.Name].Read(s.Value)));
    }

    private static bool HasProperty(Type type, string[] path)
    {
        var property = type.GetProperty(path[0]);
        return property is not null && (path.Length == 1 || HasProperty(property.PropertyType, path[1..]));
    }

    private static IEnumerable<(string Name, string Value)> ExampleVariables() =>
        DotEnv.Merge(new Dictionary<string, string>(StringComparer.Ordinal), ExampleFile()).Select(v => (v.Key, v.Value));

    private static string Example() => File.ReadAllText(ExampleFile());

    private static string ExampleFile() => Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), ".env.example");

    [GeneratedRegex(@"^(?<off>#)?(?<name>[A-Z][A-Z0-9_]+)=(?<value>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Line();
}
