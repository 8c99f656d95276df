using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

internal sealed class RedisHealthCheck(IDatabase database, RedisPatience patience) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await patience.AskAsync(() => database.PingAsync());
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            return HealthCheckResult.Unhealthy("Redis doesn't answer.", e);
        }
    }
}
