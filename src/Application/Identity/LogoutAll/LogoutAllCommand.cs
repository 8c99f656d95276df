using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.LogoutAll;

/// <summary>Ends all of the caller's sessions, or all others.</summary>
[AuditAction("identity.logout_all", SuccessEvent = "logout", FailureEvent = "logout")]
public sealed record LogoutAllCommand(bool KeepCurrent) : ICommand<SessionsEnded>;

/// <param name="Revoked">How many sessions ended.</param>
public sealed record SessionsEnded(int Revoked);

internal sealed class LogoutAllCommandHandler(ISessionStore sessions, ITokenBlacklist blacklist, ICurrentUser caller)
    : IRequestHandler<LogoutAllCommand, Result<SessionsEnded>>
{
    public async Task<Result<SessionsEnded>> Handle(LogoutAllCommand command, CancellationToken ct)
    {
        var user = caller.Required;
        if (!command.KeepCurrent && caller.AccessToken is { } token)
            await blacklist.AddAsync(user, token.Jti, token.ExpiresAt, ct);
        return new SessionsEnded(await sessions.CloseAllAsync(user, command.KeepCurrent ? caller.Session : null, ct));
    }
}
