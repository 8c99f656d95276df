using System.Reflection;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;

namespace MusicGen.Architecture;

/// <summary>Every aggregate has a configuration; the domain knows nothing of tables.</summary>
public sealed class PersistenceTests
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
}
