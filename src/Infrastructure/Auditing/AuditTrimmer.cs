using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>Retention: removes the oldest entries up to a signed beginning, from which the chain goes on.</summary>
internal sealed class AuditTrimmer(MusicGenDbContext db, AuditSeal seal, TimeProvider time)
{
    private const int Slice = 5000;

    public async Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct)
    {
        // Up to the last entry before the first that must stay; the latest entry always stays, so that the chain has an end.
        var keep = await db.AuditEntries.AsNoTracking().Where(e => e.At >= before).MinAsync(e => (long?)e.Sequence, ct)
            ?? await db.AuditEntries.AsNoTracking().MaxAsync(e => (long?)e.Sequence, ct);
        var first = await db.AuditEntries.AsNoTracking().MinAsync(e => (long?)e.Sequence, ct);
        if (keep is null || first is null || keep <= first)
            return null;

        // Slice by slice, each with a beginning of its own: nobody who writes waits for the whole of it.
        var end = keep.Value - 1;
        for (var until = Math.Min(end, first.Value + Slice - 1); ; until = Math.Min(end, until + Slice))
        {
            await RemoveAsync(until, ct);
            if (until == end)
                break;
        }

        return new AuditTrim(first.Value, end);
    }

    private async Task RemoveAsync(long until, CancellationToken ct)
    {
        var hash = await db.AuditEntries.AsNoTracking().Where(e => e.Sequence == until).Select(e => e.Hash).SingleAsync(ct);
        await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            db.ChangeTracker.Clear();
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await db.AuditCheckpoints.Where(c => c.Sequence <= until).ExecuteDeleteAsync(ct);
            db.AuditCheckpoints.Add(seal.Beginning(until, hash, time.GetUtcNow()));
            await db.SaveChangesAsync(ct);
            await db.AuditEntries.Where(e => e.Sequence <= until).ExecuteDeleteAsync(ct);
            await transaction.CommitAsync(ct);
        });
    }
}
