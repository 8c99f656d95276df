using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>Brings tasks to workers that have their model, a queue for each tier and model. Carries ids only.</summary>
public interface IGenerationQueue
{
    /// <summary>Whether another task of this tier may wait.</summary>
    Task<bool> HasRoomAsync(Tier tier, CancellationToken ct);

    /// <summary>How many starts wait for a model in a tier, repeated ones included.</summary>
    Task<long> CountAsync(Tier tier, string model, CancellationToken ct);

    /// <summary>Puts a task in its queue; again is harmless, since a second start does nothing.</summary>
    Task EnqueueAsync(Generation task, CancellationToken ct);
}
