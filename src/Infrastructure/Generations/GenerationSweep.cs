using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>One look for tasks that nobody works on. Any node may do it at any time: the row's version decides races.</summary>
internal sealed class GenerationSweep(
    IMusicGenDbContext db, IGenerationLeases leases, IGenerationQueue queue, IGenerationFlow flow, INodeRegistry nodes, IModelCatalogue models,
    TimeProvider time, ILogger<GenerationSweep> logger)
{
    private const string Interrupted = "The server stopped while it made this music, several times. Nothing was charged; please try again.";

    private const string NobodyHasModel = "No machine of this service has the model any more. Nothing was charged; please choose another one.";

    /// <summary>Gives charges back that are still owed, because a process died or Redis was away between saving a task's end and acting on it.</summary>
    public async Task FollowRecentEndsAsync(TimeSpan age, CancellationToken ct)
    {
        var since = time.GetUtcNow() - age;
        var ended = await db.Generations.AsNoTracking()
            .Where(g => (g.Status == GenerationStatus.Failed || g.Status == GenerationStatus.Cancelled) && g.CompletedAt > since)
            .ToListAsync(ct);
        foreach (var task in ended)
            await flow.FollowAsync(task, ct);
    }

    /// <summary>Puts running tasks whose lease has ended back in the queue, or fails them when that was tried often enough.</summary>
    public async Task FreeAbandonedAsync(CancellationToken ct)
    {
        foreach (var task in await db.Generations.Where(g => g.Status == GenerationStatus.Processing).ToListAsync(ct))
        {
            if (await leases.IsHeldAsync(task.Id, ct))
                continue;
            if (task.Requeue(task.Lease))
                SweepLog.Requeued(logger, task.Id);
            else if (task.Fail(task.Lease, GenerationErrors.Interrupted, Interrupted, time.GetUtcNow()))
                SweepLog.GivenUp(logger, task.Id, task.Attempts);
            if (await TrySaveAsync(task, ct))
                await flow.FollowAsync(task, ct);
        }
    }

    /// <summary>
    /// Enqueues waiting tasks again where a queue holds fewer starts than tasks wait, twice in a row: a process died
    /// with a start in its hands, or before it had put one there. Superfluous starts do nothing.
    /// </summary>
    /// <returns>The queues that were short this time.</returns>
    public async Task<ShortQueues> RefillQueuesAsync(ShortQueues before, CancellationToken ct)
    {
        var waiting = await db.Generations.AsNoTracking()
            .Where(g => g.Status == GenerationStatus.Pending)
            .OrderBy(g => g.CreatedAt)
            .ToListAsync(ct);
        var shortNow = new List<(Tier, string)>();
        foreach (var tasks in waiting.GroupBy(g => (g.Tier, g.Model)))
        {
            if (await queue.CountAsync(tasks.Key.Tier, tasks.Key.Model, ct) >= tasks.Count())
                continue;
            shortNow.Add(tasks.Key);
            if (!before.Queues.Contains(tasks.Key))
                continue;
            foreach (var task in tasks)
                await queue.EnqueueAsync(task, ct);
            SweepLog.Refilled(logger, tasks.Count(), tasks.Key.Tier, tasks.Key.Model);
        }

        return new ShortQueues(shortNow);
    }

    /// <summary>Fails waiting tasks whose model no node has had for ten minutes, while others take tasks: nobody will make them.</summary>
    public async Task FailOrphansAsync(CancellationToken ct)
    {
        if (!nodes.Board.Nodes.Any(n => n.TakesTasks))
            return;
        var offered = models.Models.Select(m => m.Id).ToList();
        foreach (var task in await db.Generations.Where(g => g.Status == GenerationStatus.Pending && !offered.Contains(g.Model)).ToListAsync(ct))
        {
            if (task.Fail(task.Lease, GenerationErrors.EngineFailed, NobodyHasModel, time.GetUtcNow()) && await TrySaveAsync(task, ct))
                await flow.FollowAsync(task, ct);
        }
    }

    private async Task<bool> TrySaveAsync(Generation task, CancellationToken ct)
    {
        try
        {
            await db.SaveChangesAsync(ct);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            // Its worker, its owner or another node's sweep was quicker.
            await db.Generations.Entry(task).ReloadAsync(ct);
            return false;
        }
    }
}

/// <summary>Queues that held fewer starts than tasks wait. A task that is just being accepted looks so for a moment.</summary>
internal sealed record ShortQueues(IReadOnlyList<(Tier Tier, string Model)> Queues)
{
    public static readonly ShortQueues None = new([]);
}
