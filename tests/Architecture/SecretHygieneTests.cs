using System.Text.RegularExpressions;
using MusicGen.Application.Generations.Planted;

namespace MusicGen.Architecture;

/// <summary>Secrets don't leak through logs, texts or settings.</summary>
public sealed partial class SecretHygieneTests
{
    private static readonly string[] Secrets = ["Password", "CurrentPassword", "NewPassword", "Token", "RefreshToken", "Prompt", "Code", "RecoveryCode", "Credential", "Challenge"];

    [Fact]
    public void No_log_template_destructures_an_object()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Solution.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToList();

        Assert.NotEmpty(sources);
        Assert.DoesNotContain(sources, f => Destructuring().IsMatch(File.ReadAllText(f)));
        Assert.Matches(Destructuring(), "[LoggerMessage(1, LogLevel.Debug, \"{@Command}\")]");
    }

    // The text that a record makes of itself holds every field.
    [Fact]
    public void Requests_with_secrets_do_not_print_them()
    {
        var requests = UseCaseConventionTests.RequestsOf(Solution.Application).Where(HoldsSecret).ToList();

        Assert.NotEmpty(requests);
        Assert.All(requests, r => Assert.True(OverridesText(r), r.Name));
        Assert.False(OverridesText(typeof(MisshapenCommand)));
    }

    [Fact]
    public void Settings_files_hold_no_secret()
    {
        var files = Directory.GetFiles(Path.Combine(Solution.Root, "src", "WebApi"), "appsettings*.json");

        Assert.All(files, f => Assert.DoesNotMatch(SecretSetting(), File.ReadAllText(f)));
        Assert.Matches(SecretSetting(), """{ "Jwt": { "SecretKey": "x" } }""");
    }

    private static bool HoldsSecret(Type request) => request.GetProperties().Any(p => p.PropertyType == typeof(string) && Secrets.Contains(p.Name));

    // The compiler writes a record's ToString itself and marks it as generated.
    private static bool OverridesText(Type request) =>
        request.GetMethod(nameof(ToString), Type.EmptyTypes) is { } text
        && text.DeclaringType == request
        && !text.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), inherit: false);

    [GeneratedRegex(@"LoggerMessage\([^)]*\{@", RegexOptions.NonBacktracking)]
    private static partial Regex Destructuring();

    [GeneratedRegex("\"[^\"]*(?:Secret|Password|ApiKey)[^\"]*\"\\s*:", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex SecretSetting();
}
