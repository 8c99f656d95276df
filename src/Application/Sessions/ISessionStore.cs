using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Sessions;

/// <summary>Sessions, one for each sign-in on a device, and the refresh tokens derived for them.</summary>
public interface ISessionStore
{
    /// <summary>Opens a session; durable when it returns.</summary>
    Task<OpenSession> OpenAsync(User user, SessionOrigin origin, bool remembered, CancellationToken ct);

    /// <summary>
    /// Exchanges a refresh token for its successor: racers get the same one, a spent one ends the session
    /// (<see cref="SessionErrors"/>).
    /// </summary>
    Task<Result<OpenSession>> RotateAsync(string refreshToken, CancellationToken ct);

    /// <summary>Whose session a refresh token names, if its signature is ours; says nothing about whether it lives.</summary>
    SessionReference? Read(string? refreshToken);

    /// <summary>False when there was no such session.</summary>
    Task<bool> CloseAsync(UserId user, SessionId session, CancellationToken ct);

    /// <returns>How many were closed.</returns>
    Task<int> CloseAllAsync(UserId user, SessionId? except, CancellationToken ct);

    /// <summary>The living ones, the latest seen first.</summary>
    Task<IReadOnlyList<SessionSummary>> ListAsync(UserId user, CancellationToken ct);

    /// <summary>Whether a session lives, without touching it.</summary>
    Task<bool> IsAliveAsync(UserId user, SessionId session, CancellationToken ct);

    /// <summary>Notes that the session's user has just proved once more who they are.</summary>
    /// <param name="user">Its owner.</param>
    /// <param name="session">Which.</param>
    /// <param name="proof">By what; two factors make the session one of two factors from now on.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>When that was; null when the session has ended.</returns>
    Task<DateTimeOffset?> StepUpAsync(UserId user, SessionId session, SessionProof proof, CancellationToken ct);

    /// <summary>
    /// Puts a user's role, tier and standing in force on the next request of every node; a disabled user's sessions end.
    /// </summary>
    Task RefreshAccountAsync(User user, CancellationToken ct);
}

/// <summary>By what the user of a session has proved who they are.</summary>
public enum SessionProof
{
    /// <summary>By nothing at this moment: it was opened with tokens of the original service.</summary>
    None,

    /// <summary>By a password.</summary>
    OneFactor,

    /// <summary>By a password and a second factor, or by a passkey that verified its user.</summary>
    TwoFactors,
}

/// <summary>Where a session was opened from.</summary>
public sealed record SessionOrigin(string? Address, string? UserAgent)
{
    public SessionProof Proof { get; init; } = SessionProof.OneFactor;

    /// <summary>When the session ends at the latest, where what it is opened with ends sooner than the policy says.</summary>
    public DateTimeOffset? LatestEnd { get; init; }
}

/// <param name="User">Its owner.</param>
/// <param name="Id">Its id.</param>
/// <param name="Counter">How often its refresh token has been exchanged.</param>
/// <param name="Remembered">Whether it was opened with remember_me.</param>
/// <param name="RefreshToken">The token to come back with.</param>
/// <param name="RefreshLifetime">How long that token works if it isn't used: the cookie's Max-Age.</param>
public sealed record OpenSession(UserId User, SessionId Id, long Counter, bool Remembered, string RefreshToken, TimeSpan RefreshLifetime)
{
    public override string ToString() => $"{nameof(OpenSession)} {Id}"; // keeps the token out of every log
}

public sealed record SessionReference(UserId User, SessionId Session);

public sealed record SessionSummary(SessionId Id, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, string? Address, string? UserAgent);
