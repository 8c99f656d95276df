using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>
/// Removes tasks for good: stopped first, then their sound, then their rows. Whoever dies in between leaves something to
/// remove again.
/// </summary>
internal sealed class MusicRemoval(IMusicGenDbContext db, GenerationCanceller canceller, GenerationFlow flow, IAudioStore store)
{
    private const int Together = 100;

    /// <summary>All that a user has.</summary>
    public async Task<RemovedMusic> RemoveAllAsync(UserId user, CancellationToken ct)
    {
        var removed = await RemoveAsync(db.Generations.Where(g => g.UserId == user), ct);
        await db.Batches.Where(b => b.UserId == user).ExecuteDeleteAsync(ct);
        return removed;
    }

    /// <summary>Every task of a selection, the oldest first.</summary>
    public async Task<RemovedMusic> RemoveAsync(IQueryable<Generation> selection, CancellationToken ct)
    {
        var removed = default(RemovedMusic);
        while (await selection.OrderBy(g => g.CreatedAt).Take(Together).ToListAsync(ct) is { Count: > 0 } tasks)
        {
            foreach (var task in tasks)
            {
                var audio = await RemoveAsync(task, ct);
                removed = new RemovedMusic(removed.Tasks + 1, removed.AudioFiles + audio.Files, removed.AudioBytes + audio.Bytes);
            }
        }

        return removed;
    }

    /// <summary>One tracked task.</summary>
    public async Task<RemovedAudio> RemoveAsync(Generation task, CancellationToken ct)
    {
        await canceller.CancelAsync(task, ct);
        await flow.ForgetAsync(task, ct);
        var audio = await store.DeleteAsync(task.Id, ct); // before the record: a crash in between leaves something to delete again
        db.Generations.Remove(task);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateConcurrencyException)
        {
            // A second delete of the same task was quicker, which comes to the same.
            db.Generations.Entry(task).State = EntityState.Detached;
        }

        await flow.AnnounceAsync(task.Id, CancellationToken.None);
        return audio;
    }
}

/// <summary>Music that is no more.</summary>
public readonly record struct RemovedMusic(int Tasks, int AudioFiles, long AudioBytes);
