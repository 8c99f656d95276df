using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Whether Redis answers, and whether its clock is ours.</summary>
internal sealed class RedisHealthCheck(ClockSkew clocks) : IHealthCheck
{
    /// <summary>Tokens and audit entries bear a little; more is a machine whose clock nobody keeps.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var skew = await clocks.OfRedisAsync();
            return skew.Duration() <= LargestSkew
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"This machine's clock and Redis's are {skew.TotalSeconds:0} s apart. Let both keep time (NTP)."));
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            return HealthCheckResult.Unhealthy("Redis doesn't answer.", e);
        }
    }
}
