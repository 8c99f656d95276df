namespace MusicGen.Domain.Identity;

/// <summary>A user's authenticator app: a seed shared with it, from which both derive a code every 30 s (TOTP, RFC 6238).</summary>
public sealed class AuthenticatorApp
{
    private AuthenticatorApp()
    {
    }

    public AuthenticatorApp(UserId userId, string sealedSeed, DateTimeOffset now)
    {
        UserId = userId;
        SealedSeed = sealedSeed;
        CreatedAt = now;
    }

    public UserId UserId { get; private set; }

    /// <summary>The seed, encrypted under a key derived from JWT_SECRET_KEY; names that key.</summary>
    public string SealedSeed { get; private set; } = string.Empty;

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When its first code proved that the app has the seed; until then it counts for nothing.</summary>
    public DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>The 30 s step of the last code that was taken: neither it nor an earlier one is taken again.</summary>
    public long LastStep { get; private set; } = -1;

    public bool IsConfirmed => ConfirmedAt is not null;

    /// <summary>Starts over with another seed.</summary>
    /// <exception cref="InvalidOperationException">The app is in use.</exception>
    public void Replace(string sealedSeed, DateTimeOffset now)
    {
        if (IsConfirmed)
            throw new InvalidOperationException("An app in use must be removed first.");
        SealedSeed = sealedSeed;
        CreatedAt = now;
        LastStep = -1;
    }

    /// <summary>Takes the code of a step once; false for a step that is not later than the last one.</summary>
    public bool TryTake(long step)
    {
        if (step <= LastStep)
            return false;
        LastStep = step;
        return true;
    }

    public void Confirm(DateTimeOffset now) => ConfirmedAt ??= now;
}
