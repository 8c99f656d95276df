using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// Slows guessing at second factors, by user, apart from guessing at passwords: whoever guesses here knows the password
/// already. A guess is reserved before the code is looked at and given back when it was right.
/// </summary>
public interface IFactorThrottle
{
    Task<IFactorAttempt> BeginAsync(UserId user, CancellationToken ct);
}

public interface IFactorAttempt
{
    bool IsAllowed { get; }

    TimeSpan RetryAfter { get; }

    /// <summary>The code was right: gives the guess back, and the wrong ones before it are no longer in a row.</summary>
    Task SucceededAsync(CancellationToken ct);
}
