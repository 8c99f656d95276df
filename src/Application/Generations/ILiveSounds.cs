using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Pieces that workers are making, kept whole so that they can be heard meanwhile, on every node.</summary>
public interface ILiveSounds
{
    /// <summary>What the engine tells a task's samples to.</summary>
    /// <param name="id">The task.</param>
    /// <param name="lease">The number under which its worker holds it: sounds of two workers are never mixed.</param>
    ILiveSound Open(GenerationId id, long lease);

    /// <summary>Waits until a worker, of whichever node, has begun to make a task's sound.</summary>
    Task<LiveFile> FindAsync(GenerationId id, CancellationToken ct);
}

/// <summary>A sound on its way. Disposed of before its last sample came, it is cut off for whoever listens.</summary>
public interface ILiveSound : ISoundListener, IDisposable;

/// <summary>A file that is still being written: the same bytes as the stored one will have.</summary>
/// <param name="Length">Of the whole file, in bytes.</param>
/// <param name="Parts">From the first byte on, as they come; they end before <paramref name="Length"/> where the making ended.</param>
public sealed record LiveFile(long Length, IAsyncEnumerable<ReadOnlyMemory<byte>> Parts);
