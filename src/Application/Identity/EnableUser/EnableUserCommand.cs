using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.EnableUser;

/// <summary>Opens an account that was shut.</summary>
[AuditAction("identity.enable_user")]
public sealed record EnableUserCommand(string User) : ICommand<AccountView>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(EnableUserCommand); // keeps the address out of every log
}

internal sealed class EnableUserCommandValidator : AbstractValidator<EnableUserCommand>
{
    public EnableUserCommandValidator() => RuleFor(c => c.User).UserReferenceText();
}

internal sealed class EnableUserCommandHandler(IMusicGenDbContext db, ISessionStore sessions)
    : IRequestHandler<EnableUserCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(EnableUserCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null or { DeletionStartedAt: not null })
            return IdentityErrors.UserNotFound; // half of it may be gone already: there is no way back

        user.Enable();
        await db.SaveChangesAsync(ct);
        await sessions.RefreshAccountAsync(user, CancellationToken.None); // what is in the database must be in force
        return AccountView.Of(user);
    }
}
