using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>Adds to a task what its row doesn't know: steps of the running worker, place in the queue, time left.</summary>
internal sealed class GenerationViews(IMusicGenDbContext db, IGenerationProgress progress, TimeProvider time)
{
    public async Task<GenerationView> OfAsync(Generation task, CancellationToken ct) => (await OfAsync([task], ct))[0];

    public async Task<IReadOnlyList<GenerationView>> OfAsync(IReadOnlyList<Generation> tasks, CancellationToken ct)
    {
        var waiting = await WaitingAsync(tasks, ct);
        var views = new List<GenerationView>(tasks.Count);
        foreach (var task in tasks)
        {
            var steps = task.Status == GenerationStatus.Processing
                ? await progress.GetAsync(task.Id, ct) ?? default
                : new StepsDone(task.StepsDone, task.StepsTotal);
            var left = task.Status == GenerationStatus.Processing ? GenerationView.SecondsLeft(task.StartedAt, steps, time.GetUtcNow()) : null;
            views.Add(GenerationView.Of(task, steps, PositionOf(task, waiting), left));
        }

        return views;
    }

    // One look per tier at the queue, however many tasks are shown.
    private async Task<ILookup<Tier, DateTimeOffset>> WaitingAsync(IReadOnlyList<Generation> tasks, CancellationToken ct)
    {
        var all = new List<(Tier Tier, DateTimeOffset CreatedAt)>();
        foreach (var group in tasks.Where(t => t.Status == GenerationStatus.Pending).GroupBy(t => t.Tier))
        {
            var (tier, latest) = (group.Key, group.Max(t => t.CreatedAt));
            var times = await db.Generations
                .Where(g => g.Status == GenerationStatus.Pending && g.Tier == tier && g.CreatedAt < latest)
                .Select(g => g.CreatedAt)
                .ToListAsync(ct);
            all.AddRange(times.Select(t => (tier, t)));
        }

        return all.ToLookup(w => w.Tier, w => w.CreatedAt);
    }

    private static int? PositionOf(Generation task, ILookup<Tier, DateTimeOffset> waiting) => task.Status switch
    {
        GenerationStatus.Processing => 0,
        GenerationStatus.Pending => 1 + waiting[task.Tier].Count(t => t < task.CreatedAt),
        _ => null,
    };
}
