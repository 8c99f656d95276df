namespace MusicGen.Domain.Identity;

/// <summary>A link that sets a new password once.</summary>
public sealed class PasswordReset
{
    /// <summary>ASVS 6.5.5 asks for short-lived out-of-band secrets.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private PasswordReset()
    {
    }

    public PasswordReset(Guid id, UserId userId, string tokenHash, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        TokenHash = tokenHash;
        ExpiresAt = now + Lifetime;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    /// <summary>SHA-256 of the token in the link, in base64url.</summary>
    public string TokenHash { get; private set; } = string.Empty;

    public DateTimeOffset ExpiresAt { get; private set; }
}
