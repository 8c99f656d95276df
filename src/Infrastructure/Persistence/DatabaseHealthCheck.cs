using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>
/// Whether the database takes entries: every command leaves one, so a database that can only be read, or is locked by
/// somebody else, serves nobody.
/// </summary>
internal sealed class DatabaseHealthCheck(MusicGenDbContext db, EfAuditTrail trail) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (trail.IsStuck)
            return HealthCheckResult.Unhealthy("The audit trail can't be written.");
        try
        {
            return await AnswersAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The database doesn't answer.");
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            return HealthCheckResult.Unhealthy("The database can't be written.", e);
        }
    }

    // SQLite answers readers whatever happens to writers; being the writer for a moment tells.
    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        if (db is not SqliteMusicGenDbContext)
            return await db.Database.CanConnectAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, ct); // BEGIN IMMEDIATE
        return true;
    }
}
