using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.GetFactors;

/// <summary>The caller's second factors.</summary>
public sealed record GetFactorsQuery : IQuery<FactorsView>;

public sealed record FactorsView(TotpView Totp, RecoveryCodesView RecoveryCodes, IReadOnlyList<PasskeyView> Passkeys);

/// <param name="Enabled">Whether codes of an authenticator app are asked for.</param>
/// <param name="ConfirmedAt">Since when.</param>
public sealed record TotpView(bool Enabled, DateTimeOffset? ConfirmedAt);

/// <param name="Remaining">How many haven't been used.</param>
public sealed record RecoveryCodesView(int Remaining);

internal sealed class GetFactorsQueryHandler(IMusicGenDbContext db, ICurrentUser caller) : IRequestHandler<GetFactorsQuery, Result<FactorsView>>
{
    public async Task<Result<FactorsView>> Handle(GetFactorsQuery query, CancellationToken ct)
    {
        var id = caller.Required;
        var confirmedAt = await db.AuthenticatorApps.Where(a => a.UserId == id).Select(a => a.ConfirmedAt).SingleOrDefaultAsync(ct);
        var codes = await db.RecoveryCodes.CountAsync(c => c.UserId == id && c.UsedAt == null, ct);
        var passkeys = await db.Passkeys.AsNoTracking().Where(p => p.UserId == id).OrderBy(p => p.CreatedAt)
            .Select(p => new PasskeyView(p.Id, p.Name, p.CreatedAt, p.LastUsedAt, p.IsBackedUp)).ToListAsync(ct);
        return new FactorsView(new TotpView(confirmedAt is not null, confirmedAt), new RecoveryCodesView(codes), passkeys);
    }
}
