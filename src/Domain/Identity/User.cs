namespace MusicGen.Domain.Identity;

/// <summary>A person with an account.</summary>
public sealed class User
{
    private User()
    {
    }

    public User(UserId id, Email email, string username, string passwordHash, DateTimeOffset now)
    {
        Id = id;
        Email = email;
        Username = username;
        UsernameKey = Identity.Username.Key(username);
        PasswordHash = passwordHash;
        CreatedAt = now;
        PasswordChangedAt = now;
    }

    public UserId Id { get; private set; }

    public Email Email { get; private set; }

    public string Username { get; private set; } = string.Empty;

    /// <summary>The username in the form that is unique.</summary>
    public string UsernameKey { get; private set; } = string.Empty;

    public string PasswordHash { get; private set; } = string.Empty;

    public Role Role { get; private set; }

    public Tier Tier { get; private set; }

    /// <summary>Whether the e-mail address was proved, or an operator or the configuration spared the proof.</summary>
    public bool IsVerified { get; private set; }

    public bool IsDisabled { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset PasswordChangedAt { get; private set; }

    /// <summary>When the owner asked for the account's deletion; what is left of it goes as soon as it can.</summary>
    public DateTimeOffset? DeletionStartedAt { get; private set; }

    public void Verify() => IsVerified = true;

    public void ChangePassword(string passwordHash, DateTimeOffset now)
    {
        PasswordHash = passwordHash;
        PasswordChangedAt = now;
    }

    public void ChangeTier(Tier tier) => Tier = tier;

    public void ChangeRole(Role role) => Role = role;

    public void Disable() => IsDisabled = true;

    public void Enable() => IsDisabled = false;

    /// <summary>No way back: the account is shut from this moment on.</summary>
    public void StartDeletion(DateTimeOffset now)
    {
        DeletionStartedAt ??= now;
        Disable();
    }
}
