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

    /// <summary>Signs the caller's device for an account whose owner proved it by other means than a guess.</summary>
    /// <returns>The new value of the device cookie.</returns>
    string TrustDevice(Email email);

    /// <summary>Adds an account that was made a moment ago to the caller's device, which otherwise stays what it was.</summary>
    /// <returns>The new value of the device cookie.</returns>
    string RememberDevice(Email email);

    /// <summary>Whether the account has signed in on the caller's device before, by its cookie.</summary>
    bool IsKnownDevice(Email email);
}

public interface ISignInAttempt
{
    bool IsAllowed { get; }

    TimeSpan RetryAfter { get; }

    /// <summary>The guess was right: gives it back and signs the caller's device for this account.</summary>
    /// <returns>The new value of the device cookie.</returns>
    Task<string> SucceededAsync(UserId user, CancellationToken ct);

    /// <summary>Nothing was guessed: the password was right but opens nothing, or nobody had the time to look at it.</summary>
    Task ReturnAsync(CancellationToken ct);
}
