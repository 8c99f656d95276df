using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Lets the sweeper, which lives beside the queue, end or requeue a task as the use cases do.</summary>
public interface IGenerationFlow
{
    /// <summary>
    /// Does what a task's saved state asks for: enqueues a waiting one, gives the charge of a failed or cancelled one
    /// back, stops a cancelled one's worker, and tells every watcher. Again is harmless.
    /// </summary>
    /// <param name="task">As it is saved.</param>
    /// <param name="ct">Ends the waiting for the queue and nothing else: what the row says is done for a client that has left too.</param>
    Task FollowAsync(Generation task, CancellationToken ct);
}
