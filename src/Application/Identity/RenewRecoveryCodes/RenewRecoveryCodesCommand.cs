using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RenewRecoveryCodes;

/// <summary>Gives the caller ten new recovery codes; the old ones open nothing any more.</summary>
[AuditAction("identity.renew_recovery_codes")]
public sealed record RenewRecoveryCodesCommand : ICommand<RecoveryCodesRenewed>, IRequiresStepUp;

/// <param name="RecoveryCodes">They can't be read again.</param>
public sealed record RecoveryCodesRenewed(IReadOnlyList<string> RecoveryCodes)
{
    public override string ToString() => nameof(RecoveryCodesRenewed);
}

internal sealed class RenewRecoveryCodesCommandHandler(IMusicGenDbContext db, Factors factors, ICurrentUser caller)
    : IRequestHandler<RenewRecoveryCodesCommand, Result<RecoveryCodesRenewed>>
{
    public async Task<Result<RecoveryCodesRenewed>> Handle(RenewRecoveryCodesCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        if ((await factors.KindsAsync(id, ct)).Count == 0)
            return IdentityErrors.FactorNotFound;

        var codes = await factors.RenewCodesAsync(id, ct);
        if (!await db.TrySaveAsync(ct))
            return Factors.Busy;
        await factors.TellAsync(id, "New recovery codes were made for your MusicGen account. The old ones open nothing any more.");
        return new RecoveryCodesRenewed(codes);
    }
}
