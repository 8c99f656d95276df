using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// A Hangfire queue for each tier and model, so that a start waits where a worker that has its model looks; and for tasks that
/// a node couldn't make, one that a single other node looks into.
/// </summary>
internal sealed class HangfireGenerationQueue(JobStorage storage, JobCalls calls, LeftTasks left, IOptions<QueueOptions> options) : IGenerationQueue
{
    /// <summary>A start's model, so that a worker knows before it begins whether there is a place.</summary>
    public const string ModelParameter = "Model";

    /// <summary>Queues of single nodes that hold or held a start; few, and mostly none.</summary>
    private const string AddressedQueues = "addressed";

    private static readonly TimeSpan AddressesKept = TimeSpan.FromDays(1);

    private readonly BackgroundJobClient _client = new(storage);

    public int MaxWaiting => options.Value.MaxWaiting;

    public Task<long> CountAsync(Tier tier, string model, CancellationToken ct) => calls.AskAsync(() => Count(tier, model), ct);

    // Who hangs up meanwhile has a task in the database already: neither this nor the next is cancelled, only the waiting for it.
    public Task EnqueueAsync(Generation task, CancellationToken ct) => calls.TellAsync(() => Enqueue(task), ct);

    public Task RemoveAsync(GenerationId id, CancellationToken ct) => calls.TellAsync(() => Remove(id), ct);

    // What waits for a node that takes no tasks any more doesn't count: it is to be enqueued anew.
    private long Count(Tier tier, string model)
    {
        using var connection = Connect();
        var own = OpenQueues.NameOf(tier, model);
        var addressed = connection.GetAllEntriesFromHash(AddressedQueues)?.Where(a => left.Takes(a.Value)).Select(a => a.Key) ?? [];
        return addressed.Where(a => a.StartsWith(own + OpenQueues.At, StringComparison.Ordinal)).Append(own).Sum(q => connection.GetListCount(ListOf(q)));
    }

    private void Enqueue(Generation task)
    {
        using var connection = Connect();
        var text = task.Id.ToString();
        if (NotedStartAttribute.Find(connection, text) is { } start && Waits(connection, start))
            return;
        var queue = OpenQueues.NameOf(task.Tier, task.Model);
        if (left.NodeFor(task) is { } node)
        {
            queue = OpenQueues.NameOf(task.Tier, task.Model, node);
            Note(connection, queue, node);
        }

        _client.Create(
            Job.FromExpression<GenerationJob>(j => j.RunAsync(text, CancellationToken.None)), new EnqueuedState(queue),
            new Dictionary<string, object>(StringComparer.Ordinal) { [ModelParameter] = task.Model });
    }

    private void Remove(GenerationId id)
    {
        using var connection = Connect();
        if (NotedStartAttribute.Find(connection, id.ToString()) is not { } start)
            return;
        try
        {
            if (!_client.ChangeState(start.Job, new DeletedState(), EnqueuedState.StateName))
                return; // a worker has it
        }
        catch (DistributedLockTimeoutException)
        {
            return; // as has this one; the start will do nothing
        }

        using var transaction = connection.CreateWriteTransaction();
        transaction.RemoveFromList(ListOf(start.Queue), start.Job);
        transaction.Commit();
    }

    // A process that died with a start in its hands leaves the note, and nothing in the queue.
    private bool Waits(JobStorageConnection connection, WaitingStart start)
    {
        var isForOne = start.Queue.Contains(OpenQueues.At, StringComparison.Ordinal);
        if (isForOne && !(connection.GetValueFromHash(AddressedQueues, start.Queue) is { } node && left.Takes(node)))
            return false;
        return connection.GetAllItemsFromList(ListOf(start.Queue)).Contains(start.Job, StringComparer.Ordinal);
    }

    private static void Note(JobStorageConnection connection, string queue, string node)
    {
        using var transaction = connection.CreateWriteTransaction();
        transaction.SetRangeInHash(AddressedQueues, [KeyValuePair.Create(queue, node)]);
        (transaction as JobStorageTransaction)?.ExpireHash(AddressedQueues, AddressesKept);
        transaction.Commit();
    }

    // The storage's own name for what it fetches from.
    private static string ListOf(string queue) => $"queue:{queue}";

    private JobStorageConnection Connect() => (JobStorageConnection)storage.GetConnection();
}
