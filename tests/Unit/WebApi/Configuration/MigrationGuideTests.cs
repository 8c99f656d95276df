using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>The guide and the program say the same about the original's variables.</summary>
public sealed partial class MigrationGuideTests
{
    private static readonly string[] Originals =
        EnvironmentVariablesTests.Original.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Every_variable_of_the_original_has_its_line_and_no_other_has()
    {
        var listed = Rows().Select(r => r.Name).ToList();

        var expected = Originals.Concat(OriginalVariables.All.Select(v => v.Name)).Distinct(StringComparer.Ordinal);
        Assert.Equal(expected.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_refuses_the_start_is_said_to_and_what_has_no_effect_too()
    {
        foreach (var (name, text) in Rows())
        {
            var variable = EnvironmentVariables.ByName[name];
            Assert.Equal((name, variable.Weakens), (name, text.Contains("refuses the start", StringComparison.Ordinal)));
            Assert.Equal((name, variable is { Advice: not null, Weakens: false }), (name, text.Contains("no effect", StringComparison.Ordinal)));
            Assert.Equal((name, variable.Joins), (name, text.Contains("joins", StringComparison.Ordinal) || text.Contains("same as `ALLOWED_ORIGINS`", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Every_variable_that_a_line_points_to_is_one()
    {
        var named = Rows().SelectMany(r => Variable().Matches(r.Text)).Select(m => m.Groups["name"].Value).ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, EnvironmentVariables.ByName.Keys));
    }

    private static IReadOnlyList<(string Name, string Text)> Rows()
    {
        var guide = File.ReadAllText(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "docs", "migration_guide.md"));
        var table = guide[guide.IndexOf("\n## Variables", StringComparison.Ordinal)..guide.IndexOf("\n## Conscious changes", StringComparison.Ordinal)];
        return [.. Row().Matches(table).Select(m => (m.Groups["name"].Value, m.Groups["text"].Value))];
    }

    [GeneratedRegex(@"^\| `(?<name>[A-Z][A-Z0-9_]+)` \| (?<text>.*) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<name>[A-Z][A-Z0-9_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
