using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Quotas;

namespace MusicGen.Infrastructure.Quotas;

/// <summary>
/// Looks at charges of which nobody has said whether they are owed, because the process died, or a store failed it, between the
/// charge and its task: the task's row decides. Any node may do it at any time.
/// </summary>
internal sealed class ChargeReckoning(IMusicGenDbContext db, IQuotaLedger ledger)
{
    /// <summary>Longer than any request is at work, so that nobody is between a charge and its row any more.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(90);

    public async Task HoldAsync(CancellationToken ct)
    {
        foreach (var (user, charge) in await ledger.ListOpenAsync(Doubt, ct))
        {
            if (await db.Generations.AnyAsync(g => g.UserId == user && g.ChargeId == charge, ct))
                await ledger.KeepAsync(user, charge);
            else
                await ledger.ReleaseAsync(user, charge, ct);
        }
    }
}
