using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;

namespace MusicGen.Architecture;

/// <summary>Every aggregate has a configuration; the domain knows nothing of tables.</summary>
public sealed partial class PersistenceTests
{
    private static readonly Type[] Aggregates =
        [.. typeof(IMusicGenDbContext).GetProperties().Select(p => p.PropertyType.GenericTypeArguments[0])];

    [Fact]
    public void Every_aggregate_has_one_configuration_named_after_it()
    {
        var configured = Solution.Infrastructure.GetTypes()
            .SelectMany(t => t.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEntityTypeConfiguration<>)),
                (t, i) => (Configuration: t.Name, Aggregate: i.GenericTypeArguments[0]))
            .ToList();

        Assert.NotEmpty(Aggregates);
        Assert.Equivalent(Aggregates, configured.Select(c => c.Aggregate), strict: true);
        Assert.All(configured, c => Assert.Equal(c.Aggregate.Name + "Configuration", c.Configuration));
    }

    [Fact]
    public void Setters_of_aggregates_are_private()
    {
        Assert.All(Aggregates.SelectMany(a => a.GetProperties()), p => Assert.False(p.SetMethod?.IsPublic ?? false, $"{p.DeclaringType!.Name}.{p.Name}"));
    }

    [Fact]
    public void Domain_types_carry_no_mapping_attributes()
    {
        Assert.All(Solution.Domain.GetTypes().SelectMany(t => t.GetMembers()).SelectMany(m => m.GetCustomAttributes()), a =>
            Assert.DoesNotContain("ComponentModel", a.GetType().Namespace ?? string.Empty, StringComparison.Ordinal));
    }

    // SQL Server's strategy begins a transaction anew after a fault, and refuses one that it can't: which only a server would tell.
    [Fact]
    public void A_transaction_of_ours_begins_inside_an_execution_strategy_or_is_SQLites()
    {
        var lone = Sources.CSharp.Where(f => Transaction().IsMatch(Strategy().Replace(f.Value, string.Empty))).Select(f => f.Key);

        Assert.Equal(["src/Infrastructure/Persistence/DatabaseHealthCheck.cs"], lone);
        Assert.Equal(3, Sources.CSharp.Values.Sum(t => Strategy().Count(t)));
        Assert.DoesNotMatch(Transaction(), Strategy().Replace("return db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>\n        {\n db.BeginTransactionAsync(ct);\n        });", string.Empty));
        Assert.Matches(Transaction(), "await using var transaction = await db.Database.BeginTransactionAsync(ct);");
    }

    [GeneratedRegex(@"\bBeginTransaction(?:Async)?\(|\bUseTransaction")]
    private static partial Regex Transaction();

    [GeneratedRegex(@"CreateExecutionStrategy\(\)\.ExecuteAsync\(async \(\) =>\s*\{.*?\n\s*\}\);", RegexOptions.Singleline)]
    private static partial Regex Strategy();
}
