namespace MusicGen.Domain.Identity;

/// <summary>A long-lived credential for a user's scripts. Its value is shown once; only a hash is kept.</summary>
public sealed class PersonalAccessToken
{
    public const int MaxNameLength = 64;
    public const int MaxDays = 365;

    /// <summary>More than any user may send.</summary>
    public const int MaxRateLimitMinute = 1_000_000;

    /// <summary>Living ones of one user.</summary>
    public const int MaxPerUser = 50;

    private PersonalAccessToken()
    {
    }

    public PersonalAccessToken(
        Guid id, UserId userId, string name, string tokenHash, TokenScopes scopes, int? rateLimitMinute, DateTimeOffset now, DateTimeOffset expiresAt)
    {
        Id = id;
        UserId = userId;
        Name = name;
        TokenHash = tokenHash;
        Scopes = scopes;
        RateLimitMinute = rateLimitMinute;
        CreatedAt = now;
        ExpiresAt = expiresAt;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    public string Name { get; private set; } = string.Empty;

    /// <summary>SHA-256 of the value, in base64url; the value is random, so nothing slower is needed.</summary>
    public string TokenHash { get; private set; } = string.Empty;

    public TokenScopes Scopes { get; private set; }

    /// <summary>Requests a minute of this token, within its user's; null for no limit of its own.</summary>
    public int? RateLimitMinute { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>Days before the end of which its owner was last reminded; null for never.</summary>
    public int? RemindedOfDays { get; private set; }
}

/// <summary>What a personal access token opens.</summary>
[Flags]
public enum TokenScopes
{
    None = 0,

    /// <summary>Tasks, audio, models and quota.</summary>
    Read = 1,

    /// <summary>Making, cancelling and deleting music.</summary>
    Generate = 2,

    /// <summary>What an administrator may do, for as long as the role lasts.</summary>
    Admin = 4,
}
