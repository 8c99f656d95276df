using System.Reflection;
using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations.Planted;
using MusicGen.Application.Pipeline;

namespace MusicGen.Architecture;

/// <summary>What runs around every request can't be forgotten.</summary>
public sealed class PipelineTests
{
    /// <summary>Requests that have nothing to validate, each with its reason.</summary>
    private static readonly Dictionary<string, string> NothingToValidate = new(StringComparer.Ordinal)
    {
        ["GetMeQuery"] = "has no field",
        ["GetQuotaQuery"] = "has no field",
        ["ListModelsQuery"] = "has no field",
        ["ListNodesQuery"] = "has no field",
        ["ListQueuesQuery"] = "has no field",
        ["ListSessionsQuery"] = "has no field",
        ["ListKeysQuery"] = "has no field",
        ["GetFactorsQuery"] = "has no field",
        ["BeginTotpCommand"] = "has no field",
        ["DisableTotpCommand"] = "has no field",
        ["RenewRecoveryCodesCommand"] = "has no field",
        ["GetNewPasskeyOptionsQuery"] = "has no field",
        ["GetPasskeyLoginOptionsQuery"] = "has no field",
        ["GetStepUpOptionsQuery"] = "has no field",
        ["ExportAccountCommand"] = "has no field",
        ["ListExportsQuery"] = "has no field",
        ["PurgeExpiredCommand"] = "has no field",
        ["RemindOfTokensCommand"] = "has no field",
        ["RotateKeysCommand"] = "has no field",
        ["ResealKeysCommand"] = "has no field",
        ["VerifyAuditTrailQuery"] = "has no field",
        ["VerifyAuditTrailCommand"] = "has no field",
        ["ListPersonalAccessTokensQuery"] = "has no field",
        ["AdoptAuditTrailCommand"] = "has no field",
        ["LogoutAllCommand"] = "its fields are truth values",
    };

    private static readonly Type[] Behaviors =
        [.. Solution.Application.GetTypes().Where(t => !t.IsInterface && t.GetInterfaces().Any(IsBehavior))];

    [Fact]
    public void Every_command_has_an_audit_action_of_its_own()
    {
        var commands = UseCaseConventionTests.RequestsOf(Solution.Application).Where(t => typeof(ICommandMarker).IsAssignableFrom(t)).ToList();

        Assert.NotEmpty(commands);
        Assert.All(commands, c => Assert.NotNull(c.GetCustomAttribute<AuditActionAttribute>()));
        Assert.Equal(commands.Count, commands.Select(c => c.GetCustomAttribute<AuditActionAttribute>()!.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Null(typeof(MisshapenCommand).GetCustomAttribute<AuditActionAttribute>());
    }

    [Fact]
    public void Every_request_has_a_validator_or_a_listed_exemption()
    {
        var requests = UseCaseConventionTests.RequestsOf(Solution.Application);

        Assert.Empty(Unvalidated(requests, Solution.Application));
        Assert.Contains(nameof(MisshapenCommand), Unvalidated([typeof(MisshapenCommand)], Solution.Planted));
    }

    [Fact]
    public void No_exemption_outlives_its_reason()
    {
        var requests = UseCaseConventionTests.RequestsOf(Solution.Application).ToDictionary(r => r.Name, StringComparer.Ordinal);

        Assert.All(NothingToValidate.Where(e => requests.ContainsKey(e.Key)), exemption =>
        {
            var fields = requests[exemption.Key].GetConstructors().MaxBy(c => c.GetParameters().Length)!.GetParameters();
            Assert.Equal(exemption.Value == "has no field", fields.Length == 0);
            Assert.All(fields, f => Assert.Equal(typeof(bool), f.ParameterType));
        });
    }

    // MediatR resolves IPipelineBehavior<TRequest, TResponse>; any other shape is skipped in silence.
    [Fact]
    public void Every_behavior_closes_over_the_bare_request_and_response()
    {
        Assert.Equal(5, Behaviors.Length);
        Assert.All(Behaviors, b => Assert.True(ClosesOverBareTypes(b), b.Name));
        Assert.False(ClosesOverBareTypes(typeof(SkippedBehavior<>)));
    }

    [Fact]
    public void The_visible_list_holds_every_behavior()
    {
        Assert.Equal(
            ["LoggingBehavior`2", "AuditBehavior`2", "StepUpBehavior`2", "ValidationBehavior`2", "QuotaBehavior`2"],
            Application.DependencyInjection.Behaviors.Select(b => b.Name));
        Assert.Equivalent(Behaviors, Application.DependencyInjection.Behaviors);
    }

    private static IEnumerable<string> Unvalidated(IEnumerable<Type> requests, Assembly validators)
    {
        var validated = validators.GetTypes()
            .SelectMany(t => t.GetInterfaces())
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IValidator<>))
            .Select(i => i.GenericTypeArguments[0])
            .ToHashSet();
        return requests.Where(r => !validated.Contains(r) && !NothingToValidate.ContainsKey(r.Name)).Select(r => r.Name);
    }

    private static bool IsBehavior(Type i) => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IPipelineBehavior<,>);

    private static bool ClosesOverBareTypes(Type behavior) =>
        behavior.GetGenericArguments().SequenceEqual(behavior.GetInterfaces().Single(IsBehavior).GenericTypeArguments);
}
