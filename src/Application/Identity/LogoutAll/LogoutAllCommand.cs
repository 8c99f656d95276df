using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.LogoutAll;

/// <summary>Ends all of the caller's sessions, or all others; with them, where asked, the personal access tokens.</summary>
[AuditAction("identity.logout_all", SuccessEvent = "logout", FailureEvent = "logout")]
public sealed record LogoutAllCommand(bool KeepCurrent, bool EndTokens = false) : ICommand<LoggedOutEverywhere>, IRequiresRecentProof;

/// <param name="Revoked">How many sessions ended.</param>
/// <param name="PersonalTokens">The personal access tokens that still live: they have no session that could end.</param>
public sealed record LoggedOutEverywhere(int Revoked, IReadOnlyList<PersonalTokenView> PersonalTokens);

internal sealed class LogoutAllCommandHandler(ISessionStore sessions, ITokenBlacklist blacklist, PersonalTokens tokens, ICurrentUser caller)
    : IRequestHandler<LogoutAllCommand, Result<LoggedOutEverywhere>>
{
    public async Task<Result<LoggedOutEverywhere>> Handle(LogoutAllCommand command, CancellationToken ct)
    {
        var user = caller.Required;
        if (command.EndTokens)
            await tokens.EndAllAsync(user, ct);
        if (!command.KeepCurrent && caller.AccessToken is { } token)
            await blacklist.AddAsync(user, token.Jti, token.ExpiresAt, ct);
        var revoked = await sessions.CloseAllAsync(user, command.KeepCurrent ? caller.Session : null, ct);
        return new LoggedOutEverywhere(revoked, await tokens.ListAsync(user, ct));
    }
}
