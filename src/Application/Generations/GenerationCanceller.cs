using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Cancels a task against a worker that may start or end it at the same moment.</summary>
internal sealed class GenerationCanceller(IMusicGenDbContext db, GenerationFlow flow, TimeProvider time)
{
    /// <summary>Cancels it unless it is finished; returns when the saved state is one of the two.</summary>
    public async Task CancelAsync(Generation task, CancellationToken ct)
    {
        while (!task.IsFinished)
        {
            // What an earlier, dead worker had done doesn't count: its samples are gone.
            var steps = task.Status == GenerationStatus.Processing ? await flow.StepsOfAsync(task.Id, ct) : default;
            task.Cancel(steps.Done, steps.Total, time.GetUtcNow());
            try
            {
                await db.SaveChangesAsync(ct);
            }
            catch (DbUpdateConcurrencyException)
            {
                // The worker was quicker; it changes a task a few times at most, so this ends.
                await db.Generations.Entry(task).ReloadAsync(ct);
                continue;
            }

            await flow.FollowAsync(task, ct);
        }
    }
}
