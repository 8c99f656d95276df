using MusicGen.Domain.Identity;

namespace MusicGen.Domain.Generations;

/// <summary>Requests that came together. Its tasks name it; what was refused left no task and is counted here.</summary>
public sealed class GenerationBatch
{
    public const int MaxRequests = 10;

    private GenerationBatch()
    {
    }

    public GenerationBatch(Guid id, UserId userId, int total, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        Total = total;
        CreatedAt = now;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    public int Total { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
}
