using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.SetTier;

/// <summary>Moves a user to another tier, in force on their next request.</summary>
[AuditAction("identity.set_tier")]
public sealed record SetTierCommand(string User, string Tier) : ICommand<AccountView>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(SetTierCommand); // keeps the address out of every log
}

internal sealed class SetTierCommandValidator : AbstractValidator<SetTierCommand>
{
    public SetTierCommandValidator()
    {
        RuleFor(c => c.User).UserReferenceText();
        RuleFor(c => c.Tier).Must(t => TierNames.TryParse(t, out _)).WithMessage("Choose free, premium or enterprise.");
    }
}

internal sealed class SetTierCommandHandler(IMusicGenDbContext db, ISessionStore sessions)
    : IRequestHandler<SetTierCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(SetTierCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        if (TierNames.TryParse(command.Tier, out var tier))
            user.ChangeTier(tier);
        await db.SaveChangesAsync(ct);
        await sessions.RefreshAccountAsync(user, CancellationToken.None); // what is in the database must be in force
        return AccountView.Of(user);
    }
}
