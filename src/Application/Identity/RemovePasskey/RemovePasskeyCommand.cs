using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RemovePasskey;

/// <summary>Removes one of the caller's passkeys; with the last factor the recovery codes go too.</summary>
[AuditAction("identity.remove_passkey")]
public sealed record RemovePasskeyCommand(string Id) : ICommand<None>, IRequiresStepUp, IAuditedSubject
{
    public string? AuditSubject => Guid.TryParseExact(Id, "D", out var id) ? $"passkey:{id:D}" : null;
}

internal sealed class RemovePasskeyCommandValidator : AbstractValidator<RemovePasskeyCommand>
{
    public RemovePasskeyCommandValidator() => RuleFor(c => c.Id).NotEmpty();
}

internal sealed class RemovePasskeyCommandHandler(IMusicGenDbContext db, Factors factors, ICurrentUser caller)
    : IRequestHandler<RemovePasskeyCommand, Result<None>>
{
    public async Task<Result<None>> Handle(RemovePasskeyCommand command, CancellationToken ct)
    {
        var user = caller.Required;
        var passkeys = await db.Passkeys.Where(p => p.UserId == user).ToListAsync(ct);
        if (passkeys.Find(p => p.Id.ToString("D") == command.Id) is not { } passkey)
            return IdentityErrors.FactorNotFound;

        var isLast = passkeys.Count == 1 && !await db.AuthenticatorApps.AnyAsync(a => a.UserId == user && a.ConfirmedAt != null, ct);
        if (isLast && factors.LastRefusal is { } refusal)
            return refusal;
        db.Passkeys.Remove(passkey);
        if (isLast)
            await factors.RemoveCodesAsync(user, ct);
        if (!await db.TrySaveAsync(ct))
            return IdentityErrors.FactorNotFound; // another request removed it first
        await factors.TellAsync(user, $"A passkey was removed from your MusicGen account. Its name: {passkey.Name}");
        return default(None);
    }
}
