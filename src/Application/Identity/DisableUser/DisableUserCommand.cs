using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.DisableUser;

/// <summary>Shuts an account: its sessions and personal access tokens end, and nobody signs in to it.</summary>
[AuditAction("identity.disable_user")]
public sealed record DisableUserCommand(string User) : ICommand<AccountView>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(DisableUserCommand); // keeps the address out of every log
}

internal sealed class DisableUserCommandValidator : AbstractValidator<DisableUserCommand>
{
    public DisableUserCommandValidator() => RuleFor(c => c.User).UserReferenceText();
}

internal sealed class DisableUserCommandHandler(IMusicGenDbContext db, ISessionStore sessions, PersonalTokens tokens, LastAdmin lastAdmin)
    : IRequestHandler<DisableUserCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(DisableUserCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;
        if (await lastAdmin.RefusalAsync(user, ct) is { } refusal)
            return refusal;

        user.Disable();
        if (!await db.TrySaveAsync(ct))
            return LastAdmin.Busy;
        await sessions.RefreshAccountAsync(user, CancellationToken.None); // what is in the database must be in force
        await tokens.EndAllAsync(user.Id, CancellationToken.None);
        return AccountView.Of(user);
    }
}
