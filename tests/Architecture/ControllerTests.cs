using System.Reflection;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Routing;
using MusicGen.WebApi.Planted;

namespace MusicGen.Architecture;

/// <summary>Controllers bind, send and map; every action says who may call it.</summary>
public sealed class ControllerTests
{
    private static readonly Type[] Controllers =
        [.. Solution.WebApi.GetTypes().Where(t => !t.IsAbstract && typeof(ControllerBase).IsAssignableFrom(t))];

    [Fact]
    public void Every_action_is_authorised_or_explicitly_anonymous()
    {
        Assert.NotEmpty(Controllers);
        Assert.Empty(Controllers.SelectMany(Undecided));
        Assert.NotEmpty(Undecided(typeof(OpenController)));
    }

    [Fact]
    public void Controllers_never_touch_the_database()
    {
        Assert.DoesNotContain(Controllers, KnowsTheDatabase);
        Assert.True(KnowsTheDatabase(typeof(OpenController)));
    }

    [Fact]
    public void Controllers_send_requests()
    {
        Assert.Contains(Controllers, c => c.GetConstructors().Single().GetParameters().Any(p => p.ParameterType == typeof(ISender)));
    }

    private static IEnumerable<string> Undecided(Type controller) =>
        controller.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(m => m.GetCustomAttributes<HttpMethodAttribute>().Any())
            .Where(m => !Decides(m) && !Decides(controller))
            .Select(m => $"{controller.Name}.{m.Name}");

    private static bool Decides(MemberInfo member) =>
        member.GetCustomAttributes().Any(a => a is IAuthorizeData or IAllowAnonymous);

    private static bool KnowsTheDatabase(Type controller) =>
        controller.GetConstructors().SelectMany(c => c.GetParameters())
            .Any(p => p.ParameterType.Name.Contains("DbContext", StringComparison.Ordinal));
}
