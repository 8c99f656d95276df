using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.ListenToGeneration;

/// <summary>
/// Lets the caller hear a task's sound from its first sample on, while it is made, wherever that is, and as a file once it
/// is there.
/// </summary>
public sealed class GenerationListening(IMusicGenDbContext db, GenerationEvents events, ILiveSounds sounds, IAudioStore store, ICurrentUser caller)
{
    /// <summary>Waits until there is something to hear.</summary>
    /// <param name="taskId">One of the caller's tasks.</param>
    /// <param name="ct">Ends the waiting.</param>
    /// <returns>
    /// <c>generation.not_found</c>; <c>generation.stream_needs_fixed_gain</c> where the level is that of the whole;
    /// <c>generation.not_completed</c> once it has ended without sound.
    /// </returns>
    public async Task<Result<HeardSound>> ListenAsync(string taskId, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(taskId, out var id))
            return GenerationErrors.NotFound;
        var parameters = await db.Generations.Where(g => g.UserId == user && g.Id == id).Select(g => g.Parameters).SingleOrDefaultAsync(ct);
        if (parameters is null)
            return GenerationErrors.NotFound;
        if (!parameters.KeepsLevel)
            return GenerationErrors.StreamNeedsFixedGain;
        var watched = await events.WatchAsync(taskId, null, ct);
        if (!watched.IsSuccess)
            return watched.Error;

        if (await FirstAsync(id, watched.Value.Events, ct) is { } live)
            return new HeardSound(null, live);
        var file = await store.OpenAsync(id, AudioFormat.Wav, ct);
        if (file.IsSuccess)
            return new HeardSound(file.Value, null);
        return file.Error == GenerationErrors.NotCompleted ? GenerationErrors.EndedWithoutAudio : file.Error;
    }

    // What comes first: the sound or the task's end; then null.
    private async Task<LiveFile?> FirstAsync(GenerationId id, IAsyncEnumerable<GenerationEvent> watched, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var live = sounds.FindAsync(id, stop.Token);
        var end = LastAsync(watched, stop.Token);
        try
        {
            if (await Task.WhenAny(live, end) == live)
                return await live;
            await end; // throws where a store was away, so that nobody takes that for the task's end
            return null;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll((Task)live, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task LastAsync(IAsyncEnumerable<GenerationEvent> watched, CancellationToken ct)
    {
        await foreach (var _ in watched.WithCancellation(ct))
        {
            // Whatever it is, the next one follows until the task has ended.
        }
    }
}

/// <summary>One of the two.</summary>
/// <param name="File">The finished file.</param>
/// <param name="Live">The file in the making.</param>
public sealed record HeardSound(AudioFile? File, LiveFile? Live);
