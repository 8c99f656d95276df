using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.SetRole;

/// <summary>Gives a user another role, in force on their next request.</summary>
[AuditAction("identity.set_role")]
public sealed record SetRoleCommand(string User, string Role) : ICommand<AccountView>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(SetRoleCommand); // keeps the address out of every log
}

internal sealed class SetRoleCommandValidator : AbstractValidator<SetRoleCommand>
{
    public SetRoleCommandValidator()
    {
        RuleFor(c => c.User).UserReferenceText();
        RuleFor(c => c.Role).Must(r => RoleNames.TryParse(r, out _)).WithMessage(RoleNames.Choices);
    }
}

internal sealed class SetRoleCommandHandler(IMusicGenDbContext db, ISessionStore sessions, LastAdmin lastAdmin)
    : IRequestHandler<SetRoleCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(SetRoleCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        var role = RoleNames.TryParse(command.Role, out var named) ? named : user.Role;
        if (role != Role.Admin && await lastAdmin.RefusalAsync(user, ct) is { } refusal)
            return refusal;
        user.ChangeRole(role);
        if (!await db.TrySaveAsync(ct))
            return LastAdmin.Busy;
        await sessions.RefreshAccountAsync(user, CancellationToken.None); // what is in the database must be in force
        return AccountView.Of(user);
    }
}
