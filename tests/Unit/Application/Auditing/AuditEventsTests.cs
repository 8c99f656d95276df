using System.Reflection;
using System.Text.RegularExpressions;
using MusicGen.Application.Auditing;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.Application.Auditing;

/// <summary>docs/audit_events.md lists what the trail can hold, all of it and nothing else.</summary>
public sealed partial class AuditEventsTests
{
    [Fact]
    public void The_table_of_actions_is_the_codes()
    {
        var commands = typeof(IAuditTrail).Assembly.GetTypes().Select(t => t.GetCustomAttribute<AuditActionAttribute>()).OfType<AuditActionAttribute>().ToList();

        Assert.NotEmpty(commands);
        Assert.Equal(
            commands.Select(c => c.Name).Order(StringComparer.Ordinal),
            Rows("## Actions").Select(r => r[0]).Order(StringComparer.Ordinal)); // add a row for a new command
        Assert.All(commands, command =>
        {
            var row = Rows("## Actions").Single(r => r[0] == command.Name);
            Assert.Equal([.. new[] { command.SuccessEvent }.OfType<string>()], Names(row[1]));
            Assert.Equal([.. new[] { command.FailureEvent, command.ThrottledEvent }.OfType<string>()], Names(row[2]));
        });
    }

    [Fact]
    public void The_table_of_refusals_is_the_edges()
    {
        var kinds = EdgeRefusals.Kinds.GroupBy(k => (k.Value.Action, k.Value.Event))
            .Select(g => (g.Key.Action, g.Key.Event ?? string.Empty, string.Join(' ', g.Select(k => k.Key).Order(StringComparer.Ordinal))));

        Assert.Equal(
            kinds.Order(),
            Rows("## Refusals at the edge").Select(r => (r[0], r[1].Trim('`'), string.Join(' ', Names(r[2])))).Order());
    }

    private static List<string[]> Rows(string heading)
    {
        var section = File.ReadAllText(Path.Combine(Root(), "docs", "audit_events.md")).Split(heading)[1].Split("\n## ")[0];
        return [.. section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Trim('|').Split('|').Select(c => c.Trim()).ToArray())
            .Select(c => (string[])[c[0].Trim('`'), .. c[1..]])];
    }

    private static string[] Names(string cell) => [.. Quoted().Matches(cell).Select(m => m.Groups["name"].Value)];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MusicGen.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
