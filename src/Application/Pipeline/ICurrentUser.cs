using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Pipeline;

/// <summary>Who is calling and from where; never taken from a body.</summary>
public interface ICurrentUser
{
    /// <summary>Null for an anonymous caller, an operator's command line and the system itself.</summary>
    UserId? Id { get; }

    /// <summary>As of this request, not of the token.</summary>
    Role Role { get; }

    /// <summary>As of this request, not of the token.</summary>
    Tier Tier { get; }

    SessionId? Session { get; }

    /// <summary>When the session's user last proved who they are beyond signing in; null for never, and for whoever has no session.</summary>
    DateTimeOffset? SteppedUpAt { get; }

    /// <summary>When the session's user last proved who they are, signing in included; null for never, and without a session.</summary>
    DateTimeOffset? ProvedAt => SteppedUpAt;

    /// <summary>The access token's jti and end, for the blacklist.</summary>
    AccessTokenIdentity? AccessToken { get; }

    /// <summary>For the audit trail: a user's id, <c>operator:NAME</c>, <c>system</c> or <c>anonymous</c>.</summary>
    string Actor { get; }

    /// <summary>The client's address behind trusted proxies; null off the wire.</summary>
    string? Address { get; }

    string? UserAgent { get; }

    /// <summary>The value of the device cookie, unverified.</summary>
    string? DeviceCookie { get; }

    string? TraceId { get; }

    /// <summary>The user's id.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in: the edge let a request through that it must not.</exception>
    UserId Required => Id ?? throw new InvalidOperationException("This request needs a signed-in user.");
}

/// <summary>Names an access token without holding it.</summary>
public sealed record AccessTokenIdentity(string Jti, DateTimeOffset ExpiresAt);
