using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RemoveFactors;

/// <summary>Takes all second factors from a user who has lost them: the password alone signs in again.</summary>
/// <param name="User">By id or e-mail address.</param>
/// <param name="EndsAdmin">The same request goes on to take role or standing: what refuses that refuses this.</param>
[AuditAction("identity.remove_factors")]
public sealed record RemoveFactorsCommand(string User, bool EndsAdmin = false) : ICommand<AccountView>, IRequiresStepUp, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(RemoveFactorsCommand); // keeps the address out of every log
}

internal sealed class RemoveFactorsCommandValidator : AbstractValidator<RemoveFactorsCommand>
{
    public RemoveFactorsCommandValidator() => RuleFor(c => c.User).UserReferenceText();
}

internal sealed class RemoveFactorsCommandHandler(IMusicGenDbContext db, Factors factors, LastAdmin lastAdmin)
    : IRequestHandler<RemoveFactorsCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(RemoveFactorsCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;
        if (command.EndsAdmin && await lastAdmin.RefusalAsync(user, ct) is { } refusal)
            return refusal;

        var hadAny = (await factors.KindsAsync(user.Id, ct)).Count > 0;
        db.AuthenticatorApps.RemoveRange(await db.AuthenticatorApps.Where(a => a.UserId == user.Id).ToListAsync(ct));
        db.Passkeys.RemoveRange(await db.Passkeys.Where(p => p.UserId == user.Id).ToListAsync(ct));
        await factors.RemoveCodesAsync(user.Id, ct);
        if (!await db.TrySaveAsync(ct))
            return Factors.Busy;
        if (hadAny)
            await factors.TellAsync(user.Id, "An administrator removed all second factors from your MusicGen account. Your password alone signs in now.");
        return AccountView.Of(user);
    }
}
