using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;
using MediatR;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// What Hangfire calls; it knows an id and nothing else. Hangfire never tries again by itself: a task that is neither
/// finished nor held by a lease is found by the sweeper.
/// </summary>
[AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete), ShortLived, NotedStart, Traced]
internal sealed class GenerationJob(ISender sender, RunningTasks running)
{
    /// <param name="id">The task's.</param>
    /// <param name="ct">Hangfire puts the server's own here.</param>
    public async Task RunAsync(string id, CancellationToken ct)
    {
        if (!GenerationId.TryParse(id, out var task))
            return;
        using var work = running.Begin(id);
        await sender.Send(new RunGenerationCommand(task), ct);
    }
}

/// <summary>A job that is over is of interest to the dashboard for an hour; the task itself stands in the database.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShortLivedAttribute : JobFilterAttribute, IApplyStateFilter
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction) => context.JobExpirationTimeout = Lifetime;

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction) => context.JobExpirationTimeout = Lifetime;
}
