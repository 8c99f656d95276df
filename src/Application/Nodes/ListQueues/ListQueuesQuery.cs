using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Nodes.ListQueues;

/// <summary>What waits and runs in each tier, of all nodes together.</summary>
public sealed record ListQueuesQuery : IQuery<QueueList>;

/// <summary>A queue for each tier, whether anything waits in it or not.</summary>
public sealed record QueueList(IReadOnlyList<TierQueueView> Items);

/// <summary>The queue of a tier.</summary>
/// <param name="Tier">free, premium or enterprise.</param>
/// <param name="Paused">Whether its tasks wait until an administrator resumes it.</param>
/// <param name="Workers">Tasks of the tier that the nodes which take any run at once.</param>
/// <param name="Waiting">Tasks.</param>
/// <param name="Running">Tasks.</param>
/// <param name="Models">The same by model, where anything waits or runs.</param>
public sealed record TierQueueView(string Tier, bool Paused, int Workers, int Waiting, int Running, IReadOnlyList<ModelQueueView> Models);

/// <summary>What waits and runs of a model in a tier.</summary>
public sealed record ModelQueueView(string Model, int Waiting, int Running);

internal sealed class ListQueuesQueryHandler(IMusicGenDbContext db, INodeRegistry nodes) : IRequestHandler<ListQueuesQuery, Result<QueueList>>
{
    public async Task<Result<QueueList>> Handle(ListQueuesQuery query, CancellationToken ct)
    {
        var board = await nodes.ReadAsync(ct);
        var counts = await db.Generations
            .Where(g => g.Status == GenerationStatus.Pending || g.Status == GenerationStatus.Processing)
            .GroupBy(g => new { g.Tier, g.Model, g.Status })
            .Select(g => new { g.Key.Tier, g.Key.Model, g.Key.Status, Count = g.Count() })
            .ToListAsync(ct);
        return new QueueList([.. Enum.GetValues<Tier>().Select(tier => QueueOf(
            tier, board, counts.Where(c => c.Tier == tier).Select(c => (c.Model, c.Status, c.Count)).ToLookup(c => c.Model, StringComparer.Ordinal)))]);
    }

    private static TierQueueView QueueOf(Tier tier, NodeBoard board, ILookup<string, (string Model, GenerationStatus Status, int Count)> counts)
    {
        var models = counts.OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => new ModelQueueView(m.Key, CountOf(m, GenerationStatus.Pending), CountOf(m, GenerationStatus.Processing)))
            .ToList();
        var workers = board.Nodes.Where(n => n.TakesTasks).Sum(n => n.State.Workers.GetValueOrDefault(tier.Name()));
        return new TierQueueView(tier.Name(), board.IsPaused(tier), workers, models.Sum(m => m.Waiting), models.Sum(m => m.Running), models);
    }

    private static int CountOf(IEnumerable<(string Model, GenerationStatus Status, int Count)> counts, GenerationStatus status) =>
        counts.Where(c => c.Status == status).Sum(c => c.Count);
}
