using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>Brings tasks to workers, a queue for each tier. Carries ids only.</summary>
public interface IGenerationQueue
{
    /// <summary>Whether another task of this tier may wait.</summary>
    Task<bool> HasRoomAsync(Tier tier, CancellationToken ct);

    /// <summary>How many starts wait in a tier's queue, repeated ones included.</summary>
    Task<long> CountAsync(Tier tier, CancellationToken ct);

    /// <summary>Puts a task in its queue; again is harmless, since a second start does nothing.</summary>
    Task EnqueueAsync(GenerationId id, Tier tier, CancellationToken ct);
}
