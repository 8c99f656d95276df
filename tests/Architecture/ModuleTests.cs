using MusicGen.Application.Generations.Planted;

namespace MusicGen.Architecture;

/// <summary>The arrows between modules that Application may have; nothing else crosses.</summary>
public sealed class ModuleTests
{
    private const string Prefix = "MusicGen.Application.";

    // A marker that any command may carry is not knowledge of the trail.
    private static readonly string[] AuditMarkers = ["AuditActionAttribute", "IAuditedSubject", "IAuditedEmail", "IAuditedResult"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Identity"] = ["Sessions", "Generations", "Auditing"],
        ["Sessions"] = [],
        ["Generations"] = ["Quotas"],
        ["Quotas"] = [],
        ["Auditing"] = [],
        ["Backups"] = ["Generations"],
        ["Nodes"] = ["Generations"],
        ["Pipeline"] = ["Auditing", "Quotas"],
        ["Persistence"] = [],
    };

    public static TheoryData<string, string> ForbiddenArrows()
    {
        var arrows = new TheoryData<string, string>();
        foreach (var (from, to) in Allowed)
        {
            foreach (var target in Allowed.Keys.Except([.. to, from, "Pipeline", "Persistence"]))
                arrows.Add(from, target);
        }

        return arrows;
    }

    [Theory, MemberData(nameof(ForbiddenArrows))]
    public void No_arrow(string from, string to) => Arrow(from, to).HoldsFor(Solution.Application);

    [Fact]
    public void A_planted_arrow_is_caught()
    {
        Arrow("Generations", "Sessions").Catches(typeof(GenerationsThatKnowSessions));
        Arrow("Generations", "Auditing").Catches(typeof(GenerationsThatKnowTheTrail));
    }

    [Fact]
    public void Every_folder_of_Application_is_in_the_table()
    {
        var folders = Solution.Application.GetTypes()
            .Select(t => t.Namespace ?? string.Empty)
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..].Split('.')[0])
            .Distinct();

        Assert.Equivalent(Allowed.Keys, folders);
    }

    private static Rule Arrow(string from, string to)
    {
        var forbidden = Solution.Application.GetTypes()
            .Where(t => t.Namespace is { } n && (n + ".").StartsWith(Prefix + to + ".", StringComparison.Ordinal) && !t.IsNested)
            .Where(t => !AuditMarkers.Contains(t.Name))
            .Select(t => t.FullName!.Split('`')[0])
            .ToArray();
        Assert.NotEmpty(forbidden);
        return Rule.Forbids(Prefix + from, forbidden);
    }
}
