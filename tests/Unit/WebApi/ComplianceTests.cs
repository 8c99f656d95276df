using System.Globalization;
using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi;

/// <summary>docs/compliance.md says something of each requirement that applies, and names nothing that isn't there.</summary>
public sealed partial class ComplianceTests
{
    private static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    private static readonly string Docs = Path.Combine(Root, "docs");

    private static readonly string Text = File.ReadAllText(Path.Combine(Docs, "compliance.md")).ReplaceLineEndings("\n");

    private static readonly List<Row> Rows =
        [.. RequirementRow().Matches(Text).Select(m => new Row(m.Groups["id"].Value, m.Groups["level"].Value, m.Groups["status"].Value, m.Groups["by"].Value))];

    [Fact]
    public void Every_requirement_that_applies_has_one_row_and_nothing_else_has()
    {
        var listed = File.ReadLines(Path.Combine(Docs, "asvs.txt")).Where(l => !l.StartsWith('#')).Select(l => l.Split(' ')).ToList();
        var applying = listed.Where(l => l[2] is "A" or "F").Select(l => $"{l[0]} {l[1]}").ToList();

        Assert.All(listed, l => Assert.Matches(Listed(), string.Join(' ', l)));
        Assert.Equal(listed.Count, listed.Select(l => l[0]).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal((188, 66), (applying.Count(l => !l.EndsWith("L3", StringComparison.Ordinal)), applying.Count(l => l.EndsWith("L3", StringComparison.Ordinal))));
        Assert.Equal(applying, Rows.Select(r => $"{r.Id} {r.Level}"));
    }

    // A row in another shape than the pattern's would be no row, in silence.
    [Fact]
    public void Every_row_says_met_not_met_or_operator_and_why()
    {
        Assert.Equal(AnyRow().Count(Text), Rows.Count);
        Assert.All(Rows, r => Assert.Contains(r.Status, (string[])["met", "not met", "operator"]));
        Assert.All(Rows.Where(r => r.Status == "met"), r => Assert.True(Test().IsMatch(r.By) || Link().IsMatch(r.By), $"{r.Id} is met by nothing."));
        Assert.All(Rows.Where(r => r.Status == "met"), r => Assert.False(r.IsUnproved, $"{r.Id} is met and unproved."));
    }

    [Fact]
    public void The_counts_at_the_top_are_those_of_the_rows()
    {
        var upper = Rows.Where(r => r.Level == "L3").ToList();
        var lower = Rows.Where(r => r.Level != "L3").ToList();

        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"\nL1 and L2: decided {lower.Count} of 188, met {Met(lower)}. L3: met {Met(upper)} of {upper.Count}.\n"),
            Text, StringComparison.Ordinal);
        foreach (var (name, rows) in new[] { ("L1 and L2", lower), ("L3", upper) })
        {
            var (unproved, @operator) = (rows.Count(r => r.IsUnproved), rows.Count(r => r.Status == "operator"));
            Assert.Contains(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\n| {name} | {rows.Count} | {Met(rows)} | {rows.Count(r => r.Status == "not met")} | {unproved} | {@operator} |\n"),
                Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_test_that_is_named_is_one()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.cs", SearchOption.AllDirectories).SelectMany(TestsOf).ToHashSet(StringComparer.Ordinal);
        var named = Test().Matches(Text).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToList();

        Assert.True(named.Count > 100, "The search found too little.");
        Assert.Empty(named.Except(tests, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_document_that_is_named_is_there()
    {
        var targets = Link().Matches(Text).Select(m => m.Groups["file"].Value).Where(f => f.Length > 0).Distinct(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(targets);
        Assert.DoesNotContain(targets, t => !File.Exists(Path.Combine(Docs, t)));
    }

    private static int Met(List<Row> rows) => rows.Count(r => r.Status == "met");

    /// <summary>Each test of a file under the name of each class in it: a name must be right, not which of two neighbours has it.</summary>
    private static IEnumerable<string> TestsOf(string file)
    {
        var lines = File.ReadAllLines(file);
        var methods = new List<string>();
        var isTest = false;
        foreach (var line in lines)
        {
            isTest |= TestAttribute().IsMatch(line);
            if (isTest && Method().Match(line) is { Success: true } method)
            {
                methods.Add(method.Groups["name"].Value);
                isTest = false;
            }
        }

        return lines.Select(l => Class().Match(l)).Where(m => m.Success).SelectMany(c => methods.Select(m => $"{c.Groups["name"].Value}.{m}"));
    }

    private sealed record Row(string Id, string Level, string Status, string By)
    {
        public bool IsUnproved => By.StartsWith("unproved: ", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^[1-9]\d?\.\d+\.\d+ L[123] [AFOSWMP]$", RegexOptions.None, 1000)]
    private static partial Regex Listed();

    [GeneratedRegex(
        @"^\| (?<id>\d+\.\d+\.\d+) \| (?<level>L[123]) \| [^|\n]+ \| (?<status>[a-z ]+) \| (?<by>[^|\n]+) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RequirementRow();

    [GeneratedRegex(@"^\| *V?\d+\.\d+\.\d+", RegexOptions.Multiline, 1000)]
    private static partial Regex AnyRow();

    [GeneratedRegex(@"\b[A-Z]\w+\.[A-Z]\w*_\w+", RegexOptions.None, 1000)]
    private static partial Regex Test();

    [GeneratedRegex(@"\]\((?<file>[^)#\s]*)(#[^)\s]+)?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^\s*\[(Fact|Theory|Property)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestAttribute();

    [GeneratedRegex(@"^\s*public (async )?\w+ (?<name>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Method();

    [GeneratedRegex(@"^\s*public (sealed )?(partial )?class (?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Class();
}
