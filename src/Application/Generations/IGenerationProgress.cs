using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Steps done of running tasks, seen on every node.</summary>
public interface IGenerationProgress
{
    /// <summary>Null before the first step.</summary>
    Task<StepsDone?> GetAsync(GenerationId id, CancellationToken ct);

    /// <summary>Tells every node that a task's status changed; a running worker of a cancelled task stops.</summary>
    Task AnnounceAsync(GenerationId id, CancellationToken ct);

    /// <summary>A stream of "look again" signals for one task, with its steps where known; ends with the token.</summary>
    IAsyncEnumerable<StepsDone?> WatchAsync(GenerationId id, CancellationToken ct);
}
