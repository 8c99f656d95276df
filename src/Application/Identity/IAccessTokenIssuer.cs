using MusicGen.Application.Sessions;
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
