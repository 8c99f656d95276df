using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.Logout;

/// <summary>Ends the caller's session, however much of it the caller can still show; done also when there is none.</summary>
/// <param name="RefreshToken">The cookie's value; null without one.</param>
/// <param name="AccessSession">The session of the access token where its signature holds, expired or not.</param>
[AuditAction("identity.logout", SuccessEvent = "logout", FailureEvent = "logout")]
public sealed record LogoutCommand(string? RefreshToken, SessionReference? AccessSession = null) : ICommand<LoggedOut>
{
    public override string ToString() => nameof(LogoutCommand); // keeps the token out of every log
}

/// <param name="Session">The session that ended; null when nobody was signed in.</param>
public sealed record LoggedOut(SessionId? Session) : IAuditedResult
{
    public string? AuditSubject => Session is { } session ? $"session:{session}" : null;
}

internal sealed class LogoutCommandValidator : AbstractValidator<LogoutCommand>
{
    public LogoutCommandValidator() => RuleFor(c => c.RefreshToken).MaximumLength(32 * 1024); // whatever headers may hold
}

internal sealed class LogoutCommandHandler(ISessionStore sessions, ITokenBlacklist blacklist, ICurrentUser caller)
    : IRequestHandler<LogoutCommand, Result<LoggedOut>>
{
    public async Task<Result<LoggedOut>> Handle(LogoutCommand command, CancellationToken ct)
    {
        if (caller is { Id: { } user, AccessToken: { } token })
            await blacklist.AddAsync(user, token.Jti, token.ExpiresAt, ct);

        SessionId? ended = null;
        foreach (var reference in ReferencesTo(command))
        {
            if (await sessions.CloseAsync(reference.User, reference.Session, ct))
                ended ??= reference.Session;
        }

        return new LoggedOut(ended);
    }

    private HashSet<SessionReference> ReferencesTo(LogoutCommand command)
    {
        var references = new HashSet<SessionReference>();
        if (caller is { Id: { } user, Session: { } session })
            references.Add(new SessionReference(user, session));
        if (command.AccessSession is { } fromAccess)
            references.Add(fromAccess);
        if (sessions.Read(command.RefreshToken) is { } fromRefresh)
            references.Add(fromRefresh);
        return references;
    }
}
