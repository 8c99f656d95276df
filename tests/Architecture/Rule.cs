using System.Reflection;
using NetArchTest.Rules;

namespace MusicGen.Architecture;

/// <summary>
/// An architecture rule that can't pass by matching nothing, and that has to catch a planted violation. NetArchTest
/// itself is content with an empty selection.
/// </summary>
internal sealed class Rule(Func<Types, PredicateList> subjects, Func<PredicateList, ConditionList> must)
{
    /// <summary>Every type of that namespace and below may depend on none of these.</summary>
    public static Rule Forbids(string @namespace, params string[] dependencies) => new(
        types => types.That().ResideInNamespaceStartingWith(@namespace).And().DoNotHaveNameMatching("^<"),
        selected => selected.ShouldNot().HaveDependencyOnAny(dependencies));

    public void HoldsFor(params Assembly[] assemblies)
    {
        foreach (var assembly in assemblies)
        {
            var selected = subjects(Types.InAssembly(assembly));
            Assert.True(selected.GetTypes().Any(), $"The rule matches no type of {assembly.GetName().Name}.");
            Assert.Empty(Failures(selected));
        }
    }

    public void Catches(Type violation)
    {
        var failures = Failures(subjects(Types.InAssembly(Solution.Planted)));
        Assert.Contains(violation.FullName, failures);
    }

    private IEnumerable<string> Failures(PredicateList selected) =>
        (must(selected).GetResult().FailingTypes ?? []).Select(t => t.FullName!.Split('/')[0]).Distinct();
}
