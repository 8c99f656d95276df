using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>One look for tasks that nobody works on. Any node may do it at any time: the row's version decides races.</summary>
internal sealed class GenerationSweep(
    IMusicGenDbContext db, IGenerationLeases leases, IGenerationQueue queue, IGenerationFlow flow, TimeProvider time, ILogger<GenerationSweep> logger)
{
    private const string Interrupted = "The server stopped while it made this music, several times. Nothing was charged; please try again.";

    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    /// <summary>Gives charges back that a process owed when it died between saving a task's end and acting on it.</summary>
    public async Task FollowRecentEndsAsync(CancellationToken ct)
    {
        var since = time.GetUtcNow() - Recent;
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
    /// <returns>The tiers that were short this time.</returns>
    public async Task<ShortQueues> RefillQueuesAsync(ShortQueues before, CancellationToken ct)
    {
        var shortNow = new List<Tier>();
        foreach (var tier in Enum.GetValues<Tier>())
        {
            var waiting = await db.Generations.AsNoTracking()
                .Where(g => g.Status == GenerationStatus.Pending && g.Tier == tier)
                .OrderBy(g => g.CreatedAt)
                .ToListAsync(ct);
            if (waiting.Count == 0 || await queue.CountAsync(tier, ct) >= waiting.Count)
                continue;
            shortNow.Add(tier);
            if (!before.Tiers.Contains(tier))
                continue;
            foreach (var task in waiting)
                await queue.EnqueueAsync(task.Id, tier, ct);
            SweepLog.Refilled(logger, waiting.Count, tier);
        }

        return new ShortQueues(shortNow);
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

/// <summary>Tiers whose queue held fewer starts than tasks wait. A task that is just being accepted looks so for a moment.</summary>
internal sealed record ShortQueues(IReadOnlyList<Tier> Tiers)
{
    public static readonly ShortQueues None = new([]);
}
