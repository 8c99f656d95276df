using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MusicGen.Infrastructure.Persistence;

internal sealed class DatabaseHealthCheck(MusicGenDbContext db) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await db.Database.CanConnectAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The database doesn't answer.");
}
