using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Notes which job waits for a task, and in which queue, as long as it does: in the very transaction that puts it there or
/// takes it away. Hangfire itself finds a task by its job only.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NotedStartAttribute : JobFilterAttribute, IApplyStateFilter
{
    /// <summary>A note that a node of an earlier version didn't take away is forgotten then.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.NewState is not EnqueuedState waiting || context.BackgroundJob.Job?.Args is not [string task, ..])
            return;
        transaction.SetRangeInHash(KeyOf(task), new WaitingStart(context.BackgroundJob.Id, waiting.Queue).ToHash());
        (transaction as JobStorageTransaction)?.ExpireHash(KeyOf(task), Lifetime);
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.OldStateName == EnqueuedState.StateName && context.BackgroundJob.Job?.Args is [string task, ..])
            transaction.RemoveHash(KeyOf(task));
    }

    /// <summary>The start that waits for a task; null where none is noted.</summary>
    public static WaitingStart? Find(IStorageConnection connection, string task) => WaitingStart.Of(connection.GetAllEntriesFromHash(KeyOf(task)));

    private static string KeyOf(string task) => $"start:{task}";
}

/// <param name="Job">Hangfire's id.</param>
/// <param name="Queue">Where it waits.</param>
internal sealed record WaitingStart(string Job, string Queue)
{
    public Dictionary<string, string> ToHash() => new(StringComparer.Ordinal) { [nameof(Job)] = Job, [nameof(Queue)] = Queue };

    public static WaitingStart? Of(Dictionary<string, string>? hash) =>
        hash is not null && hash.TryGetValue(nameof(Job), out var job) && hash.TryGetValue(nameof(Queue), out var queue) ? new WaitingStart(job, queue) : null;
}
