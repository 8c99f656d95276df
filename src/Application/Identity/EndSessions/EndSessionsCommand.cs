using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.EndSessions;

/// <summary>Ends every session of one user, or of everybody.</summary>
/// <param name="User">An id or an e-mail address; null for everybody.</param>
[AuditAction("identity.end_sessions")]
public sealed record EndSessionsCommand(string? User) : ICommand<SessionsEnded>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => User is null ? "everybody" : UserReference.AuditSubject(User);

    public override string ToString() => nameof(EndSessionsCommand); // keeps the address out of every log
}

/// <param name="Revoked">How many sessions ended.</param>
public sealed record SessionsEnded(int Revoked);

internal sealed class EndSessionsCommandValidator : AbstractValidator<EndSessionsCommand>
{
    public EndSessionsCommandValidator() => RuleFor(c => c.User!).UserReferenceText().When(c => c.User is not null);
}

internal sealed class EndSessionsCommandHandler(IMusicGenDbContext db, ISessionStore sessions)
    : IRequestHandler<EndSessionsCommand, Result<SessionsEnded>>
{
    public async Task<Result<SessionsEnded>> Handle(EndSessionsCommand command, CancellationToken ct)
    {
        if (command.User is { } reference)
        {
            return await db.FindByReferenceAsync(reference, ct) is { } user
                ? new SessionsEnded(await sessions.CloseAllAsync(user.Id, except: null, ct))
                : IdentityErrors.UserNotFound;
        }

        var ended = 0;
        await foreach (var id in db.Users.AsNoTracking().Select(u => u.Id).AsAsyncEnumerable().WithCancellation(ct))
            ended += await sessions.CloseAllAsync(id, except: null, ct);
        return new SessionsEnded(ended);
    }
}
