using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity;

/// <summary>Signs access tokens (JWT, ES256).</summary>
public interface IAccessTokenIssuer
{
    /// <param name="user">Whose token.</param>
    /// <param name="session">The session that it depends on.</param>
    /// <param name="counter">The refresh counter at the time, so that its arrival confirms the refresh.</param>
    /// <param name="remembered">Whether the session is remembered: an hour instead of 15 minutes.</param>
    /// <param name="ct">Cancels.</param>
    Task<AccessToken> IssueAsync(User user, SessionId session, long counter, bool remembered, CancellationToken ct);
}

/// <param name="Value">The compact JWT.</param>
/// <param name="Jti">Its id.</param>
/// <param name="ExpiresAt">Its end.</param>
/// <param name="Lifetime">From now to its end: the cookie's Max-Age.</param>
public sealed record AccessToken(string Value, string Jti, DateTimeOffset ExpiresAt, TimeSpan Lifetime)
{
    public override string ToString() => $"{nameof(AccessToken)} {Jti}"; // keeps the token out of every log
}
