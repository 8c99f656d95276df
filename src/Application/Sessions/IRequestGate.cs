using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Sessions;

/// <summary>
/// Asks once per request: does the session live, was the token revoked, who is the user now, and may this caller send
/// another request? One round trip, whatever the answer.
/// </summary>
public interface IRequestGate
{
    /// <summary>For a caller with a verified access token. A caller whose session has ended isn't counted here.</summary>
    Task<GateDecision> CheckAsync(UserId user, SessionId session, string jti, long counter, string? address, RateBucket bucket, CancellationToken ct);

    /// <summary>
    /// For a caller with a personal access token, counted by its user and, where it has one, by its own lower limit. A
    /// token that must be looked up in the database first is limited by address: anybody can make up such values.
    /// </summary>
    /// <param name="token">The value that came.</param>
    /// <param name="address">As addresses are counted.</param>
    /// <param name="bucket">Which of its user's numbers hold.</param>
    /// <param name="ct">Cancels.</param>
    Task<GateDecision> CheckAsync(PersonalTokenValue token, string address, RateBucket bucket, CancellationToken ct);

    /// <summary>Whether a personal access token still lives, without counting: for streams.</summary>
    Task<bool> IsAliveAsync(UserId user, string tokenHash, CancellationToken ct);

    /// <summary>For refresh and logout: a caller known by the session that a refresh token names, live or over.</summary>
    Task<GateDecision> CountAsync(SessionReference caller, RateBucket bucket, CancellationToken ct);

    /// <summary>For everybody else, by client address as free.</summary>
    /// <param name="address">An address; IPv6 is counted by /64.</param>
    /// <param name="isInternal">Whether it proved to be internal monitoring.</param>
    /// <param name="bucket">Which numbers hold.</param>
    /// <param name="ct">Cancels.</param>
    Task<GateDecision> CountAsync(string address, bool isInternal, RateBucket bucket, CancellationToken ct);

    /// <summary>One of the stricter counters that come on top, as in 10 registrations a minute from an address.</summary>
    /// <param name="name">As in <c>register</c>.</param>
    /// <param name="subject">An address, a session, a hashed e-mail address.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is allowed and was counted, else when to come back.</returns>
    Task<TimeSpan?> CountStrictAsync(StrictLimit name, string subject, CancellationToken ct);
}

public enum RateBucket
{
    Standard,

    /// <summary>Refresh, and reading: ten times the numbers.</summary>
    Reads,
}

public enum StrictLimit
{
    /// <summary>Per address and minute.</summary>
    Register,

    /// <summary>Forgot, reset and verify, per address and minute.</summary>
    Recovery,

    /// <summary>Per session and minute.</summary>
    Refresh,

    /// <summary>Mails to one address an hour.</summary>
    Mail,

    /// <summary>Warnings to an owner whose password somebody guesses at, one a day.</summary>
    GuessWarning,

    /// <summary>Personal access tokens that the database is asked about, per address and minute.</summary>
    TokenLookup,
}

public enum GateOutcome
{
    Allowed,

    /// <summary>The session has ended, or never was.</summary>
    SessionEnded,

    /// <summary>The token is on the blacklist.</summary>
    TokenRevoked,

    /// <summary>The token was set aside: somebody else has its successor, so its session was ended.</summary>
    TokenReused,

    /// <summary>Over a limit; nothing was counted.</summary>
    Limited,

    /// <summary>Too many tokens were looked up for this address: whether it is one isn't known, and it wasn't counted.</summary>
    TokenUnread,
}

/// <param name="Outcome">What the gate says.</param>
/// <param name="TierName">free, premium, enterprise, admin or internal: whose numbers held.</param>
/// <param name="Role">The user's role now.</param>
/// <param name="Tier">The user's tier now.</param>
/// <param name="Windows">Burst, minute, hour, day as they stand after this request; empty where nothing was counted.</param>
/// <param name="RetryAfter">For <see cref="GateOutcome.Limited"/>: exactly when a request would pass.</param>
public sealed record GateDecision(
    GateOutcome Outcome, string TierName, Role Role, Tier Tier, IReadOnlyList<RateWindow> Windows, TimeSpan RetryAfter)
{
    /// <summary>When the session's user last proved once more who they are; null for never.</summary>
    public DateTimeOffset? SteppedUpAt { get; init; }

    /// <summary>When the session's user last proved who they are, signing in included; null for never.</summary>
    public DateTimeOffset? ProvedAt { get; init; }

    /// <summary>Whether the session's user has proved that by two factors at least once.</summary>
    public bool UsedTwoFactors { get; init; }

    /// <summary>The personal access token that came, where one did and lives.</summary>
    public PersonalTokenGrant? Token { get; init; }
}

/// <param name="Hash">Names the token.</param>
/// <param name="Scopes">What it opens.</param>
/// <param name="ExpiresAt">Its end.</param>
public sealed record PersonalTokenGrant(string Hash, TokenScopes Scopes, DateTimeOffset ExpiresAt);

/// <param name="Name">burst, minute, hour or day.</param>
/// <param name="Length">Its length.</param>
/// <param name="Limit">Requests in that length.</param>
/// <param name="Remaining">How many are left.</param>
/// <param name="ResetsAt">When more become available.</param>
public sealed record RateWindow(string Name, TimeSpan Length, long Limit, long Remaining, DateTimeOffset ResetsAt);
