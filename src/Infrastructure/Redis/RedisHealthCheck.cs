using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

internal sealed class RedisHealthCheck(IDatabase database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.PingAsync();
            return HealthCheckResult.Healthy();
        }
        catch (RedisException e)
        {
            return HealthCheckResult.Unhealthy("Redis doesn't answer.", e);
        }
    }
}
