using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// Slows guessing per account, address and device cookie; locks nobody out. A guess is reserved before the hash runs
/// and given back when it was right.
/// </summary>
public interface ISignInThrottle
{
    /// <summary>Reserves a guess at the account of that address, known or not, from the current caller.</summary>
    Task<ISignInAttempt> BeginAsync(Email email, CancellationToken ct);
}

public interface ISignInAttempt
{
    bool IsAllowed { get; }

    TimeSpan RetryAfter { get; }

    /// <summary>The guess was right: gives it back and signs the caller's device for this account.</summary>
    /// <returns>The new value of the device cookie.</returns>
    Task<string> SucceededAsync(UserId user, CancellationToken ct);
}
