using MusicGen.Application.Planted;
using MusicGen.Domain.Planted;
using MusicGen.Infrastructure.Planted;

namespace MusicGen.Architecture;

/// <summary>Domain ← Application ← Infrastructure and WebApi; no arrow back.</summary>
public sealed class LayerTests
{
    private static readonly Rule DomainKnowsNothing = Rule.Forbids(
        "MusicGen.Domain", "MusicGen.Application", "MusicGen.Infrastructure", "MusicGen.WebApi", "MediatR", "FluentValidation",
        "Microsoft.EntityFrameworkCore", "Microsoft.Extensions", "Microsoft.AspNetCore", "StackExchange.Redis", "Hangfire");

    private static readonly Rule ApplicationKnowsDomainOnly = Rule.Forbids(
        "MusicGen.Application", "MusicGen.Infrastructure", "MusicGen.WebApi", "Microsoft.AspNetCore", "StackExchange.Redis",
        "Hangfire", "TorchSharp", "MailKit", "NSec", "Serilog");

    private static readonly Rule InfrastructureDoesNotKnowTheWeb = Rule.Forbids("MusicGen.Infrastructure", "MusicGen.WebApi");

    [Fact]
    public void Domain_depends_on_nothing_but_the_base_library()
    {
        DomainKnowsNothing.HoldsFor(Solution.Domain);
        DomainKnowsNothing.Catches(typeof(DomainThatKnowsApplication));

        Assert.All(
            Solution.Domain.GetReferencedAssemblies(),
            a => Assert.True(a.Name!.StartsWith("System", StringComparison.Ordinal) || a.Name is "netstandard", a.Name));
    }

    [Fact]
    public void Application_depends_on_no_adapter()
    {
        ApplicationKnowsDomainOnly.HoldsFor(Solution.Application);
        ApplicationKnowsDomainOnly.Catches(typeof(ApplicationThatKnowsRedis));
    }

    [Fact]
    public void Infrastructure_does_not_depend_on_the_web()
    {
        InfrastructureDoesNotKnowTheWeb.HoldsFor(Solution.Infrastructure);
        InfrastructureDoesNotKnowTheWeb.Catches(typeof(InfrastructureThatKnowsTheWeb));
    }
}
