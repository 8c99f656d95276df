namespace MusicGen.Domain.Identity;

/// <summary>A code that stands in once for a lost second factor.</summary>
public sealed class RecoveryCode
{
    /// <summary>How many a user gets at once.</summary>
    public const int Count = 10;

    private RecoveryCode()
    {
    }

    public RecoveryCode(Guid id, UserId userId, string codeHash, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        CodeHash = codeHash;
        CreatedAt = now;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    /// <summary>SHA-256 of the code, in base64url; the code has 120 random bits, so nothing slower is needed (ASVS 6.5.2).</summary>
    public string CodeHash { get; private set; } = string.Empty;

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? UsedAt { get; private set; }

    public void Use(DateTimeOffset now) => UsedAt ??= now;
}
