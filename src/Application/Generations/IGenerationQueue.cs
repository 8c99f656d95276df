using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>
/// Brings tasks to workers that have their model, a queue for each tier and model. Carries ids only. Who cancels no longer waits
/// until a task is put there or taken away, which is done all the same, or made up for by the sweep.
/// </summary>
public interface IGenerationQueue
{
    /// <summary>Tasks that may wait in each tier, all nodes together.</summary>
    int MaxWaiting { get; }

    /// <summary>How many starts wait for a model in a tier, repeated ones included.</summary>
    Task<long> CountAsync(Tier tier, string model, CancellationToken ct);

    /// <summary>Puts a task in its queue. Where its start waits there already nothing is done; a second one would do no harm.</summary>
    Task EnqueueAsync(Generation task, CancellationToken ct);

    /// <summary>Takes a task's start out of its queue, where one still waits.</summary>
    Task RemoveAsync(GenerationId id, CancellationToken ct);
}
