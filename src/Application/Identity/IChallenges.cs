namespace MusicGen.Application.Identity;

/// <summary>
/// What an unfinished sign-in or passkey ceremony must remember on our side, for five minutes. The client holds nothing
/// but its name: 256 random bits.
/// </summary>
public interface IChallenges
{
    /// <summary>Keeps it.</summary>
    /// <returns>Its name.</returns>
    Task<string> OpenAsync<T>(ChallengeKind kind, T content, CancellationToken ct)
        where T : class;

    /// <summary>Keeps something more under the name of another one.</summary>
    Task PutAsync<T>(ChallengeKind kind, string name, T content, CancellationToken ct)
        where T : class;

    /// <summary>Null for one that has expired, was spent or never was.</summary>
    Task<T?> FindAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class;

    /// <summary>The same, and spends it: of several who ask at once, one gets it.</summary>
    Task<T?> TakeAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class;
}

/// <summary>What a challenge is for; one for something else isn't found.</summary>
public enum ChallengeKind
{
    /// <summary>A sign-in whose password was right and whose second factor is missing: <see cref="LoginChallenge"/>.</summary>
    Login,

    /// <summary>The passkey's part of such a sign-in, under its name: <see cref="PasskeyChallenge"/>.</summary>
    LoginPasskey,

    /// <summary>A sign-in by passkey alone: <see cref="PasskeyChallenge"/>.</summary>
    PasswordlessLogin,

    /// <summary>A step-up by passkey: <see cref="PasskeyChallenge"/>.</summary>
    StepUp,

    /// <summary>A new passkey: <see cref="PasskeyChallenge"/>.</summary>
    NewPasskey,
}

/// <param name="User">Whose password was right.</param>
/// <param name="PasswordChangedAt">Which password that was.</param>
/// <param name="Remembered">What was asked for.</param>
/// <param name="LatestEnd">When the session ends at the latest; null for as the policy says.</param>
public sealed record LoginChallenge(Guid User, DateTimeOffset PasswordChangedAt, bool Remembered, DateTimeOffset? LatestEnd = null);

/// <param name="User">Whom it was made for; null where the passkey will say.</param>
/// <param name="State">What the ceremony needs to go on.</param>
public sealed record PasskeyChallenge(Guid? User, string State)
{
    public override string ToString() => nameof(PasskeyChallenge);
}
