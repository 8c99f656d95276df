using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>One look for tasks that nobody works on. Any node may do it at any time: the row's version decides races.</summary>
internal sealed class GenerationSweep(
    IMusicGenDbContext db, IGenerationLeases leases, IGenerationQueue queue, IGenerationFlow flow, INodeRegistry nodes, IModelCatalogue models,
    OfferedModels seen, TimeProvider time, ILogger<GenerationSweep> logger)
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
        var running = await db.Generations.Where(g => g.Status == GenerationStatus.Processing).Select(g => new { g.Id, g.Lease }).ToListAsync(ct);
        var held = await Task.WhenAll(running.Select(g => leases.IsHeldAsync(g.Id, ct)));
        foreach (var task in running.Where((_, i) => !held[i]))
            await FreeAsync(task.Id, task.Lease, ct);
    }

    /// <summary>
    /// Enqueues waiting tasks again where a queue holds fewer starts than tasks wait, twice in a row: a process died
    /// with a start in its hands, or before it had put one there. Superfluous starts do nothing.
    /// </summary>
    /// <returns>The queues that were short this time.</returns>
    public async Task<ShortQueues> RefillQueuesAsync(ShortQueues before, CancellationToken ct)
    {
        var waiting = await db.Generations
            .Where(g => g.Status == GenerationStatus.Pending)
            .GroupBy(g => new { g.Tier, g.Model })
            .Select(g => new { g.Key.Tier, g.Key.Model, Count = g.Count() })
            .ToListAsync(ct);
        var shortNow = new List<(Tier, string)>();
        foreach (var tasks in waiting)
        {
            if (await queue.CountAsync(tasks.Tier, tasks.Model, ct) >= tasks.Count)
                continue;
            shortNow.Add((tasks.Tier, tasks.Model));
            if (before.Queues.Contains((tasks.Tier, tasks.Model)))
                await RefillAsync(tasks.Tier, tasks.Model, ct);
        }

        return new ShortQueues(shortNow);
    }

    /// <summary>Fails waiting tasks whose model no node has had for ten minutes, while others take tasks: nobody will make them.</summary>
    public async Task FailOrphansAsync(CancellationToken ct)
    {
        if (!nodes.Board.Nodes.Any(n => n.TakesTasks))
            return;
        var offered = models.Models.Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        var wanted = await db.Generations.Where(g => g.Status == GenerationStatus.Pending).Select(g => new { g.Tier, g.Model, g.Engine }).Distinct().ToListAsync(ct);
        var orphaned = wanted.Where(w => !offered.Contains(w.Model)).ToList();
        foreach (var waits in orphaned)
            Telemetry.BeginFailures(waits.Tier, waits.Model, waits.Engine.Name); // minutes before they fail
        foreach (var model in orphaned.Select(w => w.Model).Distinct(StringComparer.Ordinal).Where(seen.IsGone))
            await FailOrphansOfAsync(model, ct);
    }

    /// <summary>Puts one running task back, unless its worker has ended it, or another one begun it anew, since somebody looked.</summary>
    internal async Task FreeAsync(GenerationId id, long lease, CancellationToken ct)
    {
        var task = await db.Generations.SingleOrDefaultAsync(g => g.Id == id && g.Status == GenerationStatus.Processing && g.Lease == lease, ct);
        if (task is null)
            return;
        if (task.Requeue(lease))
            SweepLog.Requeued(logger, task.Id);
        else if (task.Fail(lease, GenerationErrors.Interrupted, Interrupted, time.GetUtcNow()))
            SweepLog.GivenUp(logger, task.Id, task.Attempts);
        await SaveAndFollowAsync(task, ct);
    }

    /// <summary>Puts a start for each task that waits for a model into its queue.</summary>
    internal async Task RefillAsync(Tier tier, string model, CancellationToken ct)
    {
        var tasks = await db.Generations.AsNoTracking()
            .Where(g => g.Status == GenerationStatus.Pending && g.Tier == tier && g.Model == model)
            .OrderBy(g => g.CreatedAt)
            .ToListAsync(ct);
        foreach (var task in tasks)
            await queue.EnqueueAsync(task, ct);
        if (tasks.Count > 0)
            SweepLog.Refilled(logger, tasks.Count, tier, model);
    }

    /// <summary>Fails what waits for a model.</summary>
    internal async Task FailOrphansOfAsync(string model, CancellationToken ct)
    {
        foreach (var task in await db.Generations.Where(g => g.Status == GenerationStatus.Pending && g.Model == model).ToListAsync(ct))
        {
            if (task.Fail(task.Lease, GenerationErrors.EngineFailed, NobodyHasModel, time.GetUtcNow()))
                await SaveAndFollowAsync(task, ct);
        }
    }

    private async Task SaveAndFollowAsync(Generation task, CancellationToken ct)
    {
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateConcurrencyException)
        {
            // Its worker, its owner or another node's sweep was quicker.
            await db.Generations.Entry(task).ReloadAsync(ct);
            return;
        }

        if (task.IsFinished)
            Telemetry.TaskEnded(task, time.GetUtcNow());
        await flow.FollowAsync(task, ct);
    }
}

/// <summary>Queues that held fewer starts than tasks wait. A task that is just being accepted looks so for a moment.</summary>
internal sealed record ShortQueues(IReadOnlyList<(Tier Tier, string Model)> Queues)
{
    public static readonly ShortQueues None = new([]);

    /// <summary>What <see cref="Write"/> wrote; none of null.</summary>
    public static ShortQueues Read(string? text) => new([.. (text ?? string.Empty).Split('\n').Select(line => line.Split(' ', 2))
        .Where(parts => parts.Length == 2 && Enum.TryParse<Tier>(parts[0], out _)).Select(parts => (Enum.Parse<Tier>(parts[0]), parts[1]))]);

    /// <summary>A line for each.</summary>
    public string Write() => string.Join('\n', Queues.Select(q => $"{q.Tier} {q.Model}"));
}
