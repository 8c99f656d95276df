using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>Counts the streams, of events and of sound, that a user has open, on all nodes together.</summary>
public interface IEventStreams
{
    /// <summary>Takes one of the user's places, or null when all are taken. A place that nobody renews is free again within a minute.</summary>
    Task<IEventStream?> TryOpenAsync(UserId user, CancellationToken ct);
}

/// <summary>One open stream's place; disposing gives it back.</summary>
public interface IEventStream : IAsyncDisposable
{
    /// <summary>Keeps the place; false when it was lost and all are taken by now.</summary>
    Task<bool> RenewAsync(CancellationToken ct);
}
