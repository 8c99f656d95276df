using Hangfire;
using Hangfire.Storage;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Generations;

/// <summary>Nodes that couldn't make a task, known to all, so that none hands it back to one of them. Kept beside the queues.</summary>
internal sealed class TriedNodes(JobStorage storage)
{
    /// <summary>A task that waits for longer may be tried everywhere again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    /// <summary>Names of the nodes.</summary>
    public IReadOnlyCollection<string> Of(GenerationId task)
    {
        using var connection = storage.GetConnection();
        return connection.GetAllEntriesFromHash(KeyOf(task))?.Keys.ToList() ?? [];
    }

    public void Add(GenerationId task, string node)
    {
        using var connection = storage.GetConnection();
        using var transaction = connection.CreateWriteTransaction();
        transaction.SetRangeInHash(KeyOf(task), [KeyValuePair.Create(node, string.Empty)]);
        (transaction as JobStorageTransaction)?.ExpireHash(KeyOf(task), Kept);
        transaction.Commit();
    }

    private static string KeyOf(GenerationId task) => $"tried:{task}";
}
