using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi;

/// <summary>docs/privacy.md gives each column of the database a class, and the product treats it as its class says.</summary>
public sealed partial class DataClassesTests
{
    private static readonly string Text =
        File.ReadAllText(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "docs", "privacy.md")).ReplaceLineEndings("\n");

    private static readonly Dictionary<string, string> Classes =
        Row().Matches(Text).ToDictionary(m => m.Groups["column"].Value, m => m.Groups["class"].Value, StringComparer.Ordinal);

    [Fact]
    public void Every_column_has_a_class_and_every_class_is_described()
    {
        var columns = Columns();

        Assert.True(columns.Count > 100, "The model has too few columns.");
        Assert.Empty(columns.Except(Classes.Keys, StringComparer.Ordinal)); // give a new column its class
        Assert.Empty(Classes.Keys.Except(columns, StringComparer.Ordinal));
        Assert.All(Classes.Values.Distinct(StringComparer.Ordinal), c => Assert.Contains($"\n| **{c}** | ", Text, StringComparison.Ordinal));
    }

    // What opens something is told by its name; the exceptions are public halves and hashes of what isn't secret.
    [Fact]
    public void What_opens_something_is_secret_and_what_names_a_person_is_personal()
    {
        string[] open = ["AuditEntry.Hash", "AuditEntry.PreviousHash", "AuditEntry.EmailHash", "AuditCheckpoint.Hash", "AuditCheckpoint.Signature", "Generation.RequestHash"];
        Assert.All(Classes.Where(c => SecretName().IsMatch(c.Key) && !open.Contains(c.Key)), c => Assert.Equal((c.Key, "secret"), (c.Key, c.Value)));
        Assert.All(Classes.Where(c => PersonalName().IsMatch(c.Key)), c => Assert.Equal((c.Key, "personal"), (c.Key, c.Value)));
        Assert.True(Classes.Count(c => c.Value == "secret") >= 7);
    }

    private static List<string> Columns()
    {
        using var db = new SqliteMusicGenDbContext(new DbContextOptionsBuilder<SqliteMusicGenDbContext>().UseSqlite("Data Source=:memory:").Options);
        return [.. db.Model.GetEntityTypes().SelectMany(t => t.GetProperties().Select(p => $"{t.ClrType.Name}.{p.Name}")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"^\| `(?<column>\w+\.\w+)` \| (?<class>[a-z]+) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("(Hash|Sealed\\w+|PrivateKey)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\.(Email|Username|UsernameKey|Prompt|Address)$(?<!AuditEntry\.Address)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PersonalName();
}
