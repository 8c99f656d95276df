using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>
/// A running task belongs to whoever holds its numbered lease. It ends by itself 4 s after the last renewal, so a dead
/// worker's task is free again; a paused worker that wakes up has lost it.
/// </summary>
public interface IGenerationLeases
{
    /// <summary>Takes the lease, or null when somebody holds it. Numbers only grow.</summary>
    Task<IGenerationLease?> TryAcquireAsync(GenerationId id, CancellationToken ct);

    Task<bool> IsHeldAsync(GenerationId id, CancellationToken ct);

    /// <summary>Ends whatever lease there is: the task was cancelled or deleted, and its worker shall stop.</summary>
    Task RevokeAsync(GenerationId id, CancellationToken ct);
}

/// <summary>One hold on a task; renewed every second until disposed.</summary>
public interface IGenerationLease : IAsyncDisposable
{
    long Number { get; }

    /// <summary>Cancelled when the lease is lost or the task was cancelled by its owner.</summary>
    CancellationToken Lost { get; }

    /// <summary>Asks the store, not the memory.</summary>
    Task<bool> IsStillHeldAsync(CancellationToken ct);

    /// <summary>Publishes steps to every node if the lease still holds.</summary>
    Task PublishAsync(StepsDone steps, CancellationToken ct);
}
