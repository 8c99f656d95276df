namespace MusicGen.Application.Identity;

/// <summary>Brings exports to workers of their own, so that no music waits behind one. Carries ids only.</summary>
public interface IExportQueue
{
    /// <summary>Again is harmless, since a second start does nothing. Cancelling ends the waiting alone: it is still done.</summary>
    Task EnqueueAsync(Guid id, CancellationToken ct);

    /// <summary>How many starts wait.</summary>
    Task<long> CountAsync(CancellationToken ct);
}
