using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>What the shared memory holds under a user's id: counters, quota, standing.</summary>
public interface IAccountTraces
{
    /// <summary>Removes all of it but what keeps ended tokens ended; again is harmless.</summary>
    Task EraseAsync(UserId user, CancellationToken ct);
}
