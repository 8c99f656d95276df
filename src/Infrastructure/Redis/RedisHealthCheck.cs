using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Whether Redis answers, and whether its clock is ours: limits, sessions and revocations are counted by Redis's, tokens by
/// this machine's.
/// </summary>
internal sealed class RedisHealthCheck(IDatabase database, RedisPatience patience, TimeProvider time) : IHealthCheck
{
    /// <summary>Tokens and audit entries bear a little; more is a machine whose clock nobody keeps.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var theirs = await patience.AskAsync(() => database.ExecuteAsync("TIME"));
            var skew = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds((long)theirs[0]);
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
