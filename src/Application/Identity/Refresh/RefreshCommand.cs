using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.Refresh;

/// <summary>Exchanges a refresh token for its successor and a new access token.</summary>
/// <param name="RefreshToken">The cookie's value; null without one.</param>
[AuditAction("identity.refresh", SuccessEvent = "token_refresh", FailureEvent = "token_refresh")]
public sealed record RefreshCommand(string? RefreshToken) : ICommand<SignedIn>
{
    public override string ToString() => nameof(RefreshCommand); // keeps the token out of every log
}

internal sealed class RefreshCommandValidator : AbstractValidator<RefreshCommand>
{
    // Whatever headers may hold: what is no token of ours is refused as one, however long it is.
    public RefreshCommandValidator() => RuleFor(c => c.RefreshToken).MaximumLength(32 * 1024);
}

internal sealed class RefreshCommandHandler(IMusicGenDbContext db, ISessionStore sessions, IAccessTokenIssuer tokens, ReuseNotice notice)
    : IRequestHandler<RefreshCommand, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(RefreshCommand command, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(command.RefreshToken))
            return SessionErrors.RefreshMissing;

        var rotated = await sessions.RotateAsync(command.RefreshToken, ct);
        if (!rotated.IsSuccess)
            return await RefuseAsync(rotated.Error, command.RefreshToken);

        var session = rotated.Value;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == session.User, ct);
        if (user is null || user.IsDisabled)
        {
            await sessions.CloseAsync(session.User, session.Id, ct);
            return SessionErrors.RefreshInvalid;
        }

        var token = await tokens.IssueAsync(user, session.Id, session.Counter, session.Remembered, ct);
        return new SignedIn(UserView.Of(user), token, session, DeviceCookie: null);
    }

    private async Task<Error> RefuseAsync(Error refusal, string refreshToken)
    {
        if (refusal != SessionErrors.RefreshReused || sessions.Read(refreshToken) is not { } ended)
            return refusal;
        await notice.SendAsync(ended.User);
        return refusal with { AuditSubject = $"session:{ended.Session}" };
    }
}
