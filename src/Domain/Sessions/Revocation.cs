using MusicGen.Domain.Identity;

namespace MusicGen.Domain.Sessions;

/// <summary>
/// Something that was ended before its time, in the database as well: a Redis that comes back a moment old would have
/// it live again. The row goes when what it ends would have ended anyway.
/// </summary>
public sealed class Revocation
{
    private Revocation()
    {
    }

    private Revocation(UserId userId, RevocationKind kind, string value, DateTimeOffset at, DateTimeOffset expiresAt)
    {
        Id = Guid.CreateVersion7(at);
        UserId = userId;
        Kind = kind;
        Value = value;
        At = at;
        ExpiresAt = expiresAt;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    public RevocationKind Kind { get; private set; }

    /// <summary>A session's id, a token's jti, or, of a user's cut-off, the id of the session that stays; empty for none.</summary>
    public string Value { get; private set; } = string.Empty;

    /// <summary>By Redis's clock, which also says when a session was opened.</summary>
    public DateTimeOffset At { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    public static Revocation OfSession(UserId user, SessionId session, DateTimeOffset at, DateTimeOffset expiresAt) =>
        new(user, RevocationKind.Session, session.Value, at, expiresAt);

    public static Revocation OfToken(UserId user, string jti, DateTimeOffset at, DateTimeOffset expiresAt) =>
        new(user, RevocationKind.Token, jti, at, expiresAt);

    /// <summary>A cut-off: every session opened until that moment, but for one, is over.</summary>
    public static Revocation OfUser(UserId user, SessionId? except, DateTimeOffset at, DateTimeOffset expiresAt) =>
        new(user, RevocationKind.User, except?.Value ?? string.Empty, at, expiresAt);
}

public enum RevocationKind
{
    Session = 0,
    Token = 1,
    User = 2,
}
