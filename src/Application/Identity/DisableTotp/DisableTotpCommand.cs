using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.DisableTotp;

/// <summary>Removes the caller's authenticator app, in use or not yet; with the last factor the recovery codes go too.</summary>
[AuditAction("identity.disable_totp")]
public sealed record DisableTotpCommand : ICommand<None>, IRequiresStepUp;

internal sealed class DisableTotpCommandHandler(IMusicGenDbContext db, Factors factors, ICurrentUser caller)
    : IRequestHandler<DisableTotpCommand, Result<None>>
{
    public async Task<Result<None>> Handle(DisableTotpCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var app = await db.AuthenticatorApps.SingleOrDefaultAsync(a => a.UserId == id, ct);
        if (app is null)
            return IdentityErrors.FactorNotFound;

        var isLast = !await db.Passkeys.AnyAsync(p => p.UserId == id, ct);
        if (isLast && app.IsConfirmed && factors.LastRefusal is { } refusal)
            return refusal;
        db.AuthenticatorApps.Remove(app);
        if (isLast)
            await factors.RemoveCodesAsync(id, ct);
        if (!await db.TrySaveAsync(ct))
            return IdentityErrors.FactorNotFound; // another request removed it first
        if (app.IsConfirmed)
            await factors.TellAsync(id, "The authenticator app was removed from your MusicGen account. Its codes are no longer asked for.");
        return default(None);
    }
}
