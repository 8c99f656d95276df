using System.Reflection;
using System.Runtime.CompilerServices;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Identity.GetMe;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;

namespace MusicGen.Unit.Application.Pipeline;

/// <summary>Each command of the product, sent through the pipeline that the product builds: each behaviour must have run.</summary>
public sealed class EveryCommandTests
{
    private static readonly MethodInfo Probe =
        typeof(EveryCommandTests).GetMethod(nameof(ProbeAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static TheoryData<Type> Commands() =>
        [.. typeof(ICurrentUser).Assembly.GetTypes().Where(t => t is { IsInterface: false, IsAbstract: false } && typeof(ICommandMarker).IsAssignableFrom(t))];

    [Theory, MemberData(nameof(Commands))]
    public async Task Every_command_is_logged_audited_and_validated(Type command)
    {
        using var pipeline = new PipelineHarness();

        var (code, ran) = await SendEmptyAsync(pipeline, command);

        Assert.Contains(pipeline.Lines, l => l.StartsWith(command.Name, StringComparison.Ordinal));
        var action = command.GetCustomAttribute<AuditActionAttribute>()!.Name;
        Assert.Equal([(action, AuditOutcome.Attempted), (action, ran ? AuditOutcome.Succeeded : AuditOutcome.Denied)], pipeline.Entries.Select(e => (e.Action, e.Outcome)));
        // An empty command is valid only where there is nothing to validate, and then it must have reached its handler.
        Assert.Equal(ran ? null : "request.invalid", code);
        Assert.Equal(code, pipeline.Entries[1].Reason);
    }

    [Theory, MemberData(nameof(Commands))]
    public void Every_command_is_surrounded_by_all_that_concern_it_in_order(Type command)
    {
        string[] quota = typeof(IConsumesQuota).IsAssignableFrom(command) ? ["QuotaBehavior`2"] : [];

        Assert.Equal(["LoggingBehavior`2", "AuditBehavior`2", "StepUpBehavior`2", "ValidationBehavior`2", .. quota], BehaviorsOf(command));
    }

    [Fact]
    public void A_query_is_neither_audited_nor_charged() =>
        Assert.Equal(["LoggingBehavior`2", "StepUpBehavior`2", "ValidationBehavior`2"], BehaviorsOf(typeof(GetMeQuery)));

    private static IEnumerable<string> BehaviorsOf(Type request)
    {
        using var pipeline = new PipelineHarness();
        return [.. pipeline.Resolve(typeof(IPipelineBehavior<,>).MakeGenericType(request, ResultOf(request))).Select(b => b!.GetType().Name)];
    }

    private static Type ResultOf(Type command) =>
        command.GetInterfaces().Single(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>)).GenericTypeArguments[0];

    private static Task<(string? Code, bool Ran)> SendEmptyAsync(PipelineHarness pipeline, Type command)
    {
        var answer = ResultOf(command).GenericTypeArguments[0];
        return (Task<(string?, bool)>)Probe.MakeGenericMethod(command, answer).Invoke(null, [pipeline])!;
    }

    private static async Task<(string? Code, bool Ran)> ProbeAsync<TCommand, TAnswer>(PipelineHarness pipeline)
        where TCommand : notnull
    {
        var ran = false;
        var empty = (TCommand)RuntimeHelpers.GetUninitializedObject(typeof(TCommand));
        var result = await pipeline.SendAsync(empty, () =>
        {
            ran = true;
            return Task.FromResult<Result<TAnswer>>(default(TAnswer)!);
        });
        return (result.IsSuccess ? null : result.Error.Code, ran);
    }
}
