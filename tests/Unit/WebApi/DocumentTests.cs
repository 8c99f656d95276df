using System.Globalization;
using System.Text.RegularExpressions;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Sessions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi;

/// <summary>What the documents for operators say is what the program does: numbers, variables, links.</summary>
public sealed partial class DocumentTests
{
    private const string Guide = "docs/rate_limiting_guide.md";

    private static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    private static readonly string[] OperatorDocuments =
        ["README.md", "SECURITY.md", "CHANGELOG.md", Guide, "docs/cors_configuration.md", "docs/deployment.md"];

    // Read by tests or other programs, or a place to fill in: no variables of the service.
    private static readonly string[] OfOthers =
    [
        "CUDA_VISIBLE_DEVICES", "MUSICGEN_EMAIL", "MUSICGEN_PASSWORD", "MUSICGEN_TEST_WEIGHTS", "TASK_ID",
        "PUBLIC_HOST", "REDIS_PASSWORD", "SQL_PASSWORD", "SQL_ADMIN_PASSWORD", "MSSQL_PID", // deploy/compose.yaml's
        "ALLOW_SNAPSHOT_ISOLATION", // SQL Server's
    ];

    public static TheoryData<string> Documents { get; } = [.. OperatorDocuments];

    public static TheoryData<string> LinkedDocuments { get; } =
    [
        "README.md", "SECURITY.md", "CHANGELOG.md",
        .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(f => $"docs/{Path.GetFileName(f)}").Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_number_of_the_guides_tiers_is_the_default_of_the_rate_limits()
    {
        var defaults = new RateLimitOptions();
        (string Tier, RateLimits Limits)[] tiers =
        [
            ("free", defaults.Free), ("premium", defaults.Premium), ("enterprise", defaults.Enterprise), ("admin", defaults.Admin),
            ("internal", defaults.Internal),
        ];

        Assert.Equal(
            tiers.Select(t => (t.Tier, Numbers: Joined(t.Limits.Minute, t.Limits.Hour, t.Limits.Day, t.Limits.Burst))),
            Rows("tier", "minute", "hour", "day", "burst").Select(r => (r[0], Joined([.. r.Skip(1).Select(Number)]))));
    }

    [Fact]
    public void Every_number_of_the_guides_stricter_buckets_is_the_default_of_its_variable()
    {
        var defaults = new RateLimitOptions();
        var expected = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["`RATE_LIMIT_LOGIN_MINUTE`"] = $"{defaults.LoginMinute} a minute",
            ["`RATE_LIMIT_REGISTER_MINUTE`"] = $"{defaults.RegisterMinute} a minute",
            ["`RATE_LIMIT_RECOVERY_MINUTE`"] = $"{defaults.RecoveryMinute} a minute",
            ["`RATE_LIMIT_REFRESH_MINUTE`"] = $"{defaults.RefreshMinute} a minute",
            ["`RATE_LIMIT_TOKEN_LOOKUP_MINUTE`"] = $"{defaults.TokenLookupMinute} a minute",
            ["`RATE_LIMIT_MAIL_HOUR`"] = $"{defaults.MailHour} an hour",
        };

        Assert.Equal(expected, Rows("what", "by", "how many", "variable").ToDictionary(r => r[3], r => r[2], StringComparer.Ordinal));
    }

    [Fact]
    public void Every_number_of_the_guides_quotas_is_the_default_of_the_quotas()
    {
        var defaults = new QuotaOptions();
        (string Tier, TierQuota Quota)[] tiers = [("free", defaults.Free), ("premium", defaults.Premium), ("enterprise", defaults.Enterprise)];

        Assert.Equal(
            tiers.Select(t => (t.Tier, Numbers: Joined(t.Quota.Minute, t.Quota.Hour, t.Quota.Day, t.Quota.AudioSeconds))),
            Rows("tier", "minute", "hour", "day", "audio seconds a day").Select(r => (r[0], Joined([.. r.Skip(1).Select(Number)]))));
    }

    [Fact]
    public void The_guides_example_shows_the_read_bucket_of_the_free_tier()
    {
        var free = new RateLimitOptions().Free;

        Assert.Contains(
            $"RateLimit-Policy: \"burst\";q={free.Burst * 10};w=1, \"minute\";q={free.Minute * 10};w=60, "
            + $"\"hour\";q={free.Hour * 10};w=3600, \"day\";q={free.Day * 10};w=86400\n",
            Text(Guide), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_variable_that_a_document_names_is_one(string document)
    {
        var text = Text(document);

        var unknown = Variable().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal)
            .Where(n => !EnvironmentVariables.ByName.ContainsKey(n) && !OfOthers.Contains(n));
        var unknownBeginnings = Beginning().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal)
            .Where(n => !EnvironmentVariables.ByName.Keys.Any(v => v.StartsWith(n, StringComparison.Ordinal)));

        Assert.Empty(unknown);
        Assert.Empty(unknownBeginnings);
    }

    [Fact]
    public void The_documents_name_variables_at_all() =>
        Assert.All(OperatorDocuments, d => Assert.NotEmpty(Variable().Matches(Text(d))));

    [Theory]
    [MemberData(nameof(LinkedDocuments))]
    public void Every_relative_link_of_a_document_leads_to_a_file_and_to_a_heading_of_it(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, document))!;

        Assert.All(Link().Matches(Prose(Text(document))).Select(m => m.Groups["target"].Value).Where(t => !t.Contains("://", StringComparison.Ordinal)), target =>
        {
            var (path, heading) = target.Split('#') is [var p, var h] ? (p, h) : (target, null);
            var file = path.Length == 0 ? Path.Combine(Root, document) : Path.GetFullPath(Path.Combine(folder, path));
            Assert.True(File.Exists(file), $"{document} links to {target}, which isn't there.");
            if (heading is not null && file.EndsWith(".md", StringComparison.Ordinal))
                Assert.Contains(heading, Headings(File.ReadAllText(file)));
        });
    }

    private static string Text(string document) => File.ReadAllText(Path.Combine(Root, document)).ReplaceLineEndings("\n");

    private static string Prose(string text) => Code().Replace(text, string.Empty);

    /// <summary>The rows below the one table of the guide that has these columns, each as its cells.</summary>
    private static List<string[]> Rows(params string[] columns)
    {
        var lines = Text(Guide).Split('\n');
        var head = Assert.Single(lines.Index(), l => l.Item == $"| {string.Join(" | ", columns)} |").Index;
        return [.. lines.Skip(head + 2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Trim('|', ' ').Split(" | "))];
    }

    private static long Number(string cell) => long.Parse(cell, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static string Joined(params long[] numbers) => string.Join('/', numbers);

    /// <summary>Headings as links name them.</summary>
    private static IEnumerable<string> Headings(string text) =>
        Heading().Matches(Prose(text.ReplaceLineEndings("\n")))
            .Select(m => NoPartOfLinks().Replace(m.Groups["text"].Value.ToLowerInvariant(), string.Empty).Replace(' ', '-'));

    // In capitals with a line between, or given a value; what begins a family (RATE_LIMIT_…) is none by itself.
    [GeneratedRegex(@"(?<![A-Za-z0-9_])(?<name>[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z][A-Z0-9]+(?==))(?![A-Za-z0-9_])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<![A-Za-z0-9_])(?<name>[A-Z][A-Z0-9_]*_)(?=[*…<])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Beginning();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, 1000)]
    private static partial Regex NoPartOfLinks();
}
