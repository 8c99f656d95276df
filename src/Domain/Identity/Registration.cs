namespace MusicGen.Domain.Identity;

/// <summary>
/// A registration that waits for its e-mail to be proved. Several of one address wait side by side; the one whose
/// link is followed becomes the account, so nobody can take an address by registering it first.
/// </summary>
public sealed class Registration
{
    /// <summary>How long the link works and the username is held.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private Registration()
    {
    }

    public Registration(Guid id, Email email, string username, string passwordHash, string tokenHash, DateTimeOffset now)
    {
        Id = id;
        Email = email;
        Username = username;
        UsernameKey = Identity.Username.Key(username);
        PasswordHash = passwordHash;
        TokenHash = tokenHash;
        CreatedAt = now;
        ExpiresAt = now + Lifetime;
    }

    public Guid Id { get; private set; }

    public Email Email { get; private set; }

    public string Username { get; private set; } = string.Empty;

    public string UsernameKey { get; private set; } = string.Empty;

    public string PasswordHash { get; private set; } = string.Empty;

    /// <summary>SHA-256 of the token in the link, in base64url; the token itself is only in the mail.</summary>
    public string TokenHash { get; private set; } = string.Empty;

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>Gives the registration a new link; the old one stops working.</summary>
    public void Renew(string tokenHash, DateTimeOffset now)
    {
        TokenHash = tokenHash;
        ExpiresAt = now + Lifetime;
    }
}
