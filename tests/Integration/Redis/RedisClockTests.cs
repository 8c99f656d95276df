using Microsoft.Extensions.Diagnostics.HealthChecks;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Redis;

public class RedisClockTests(RedisServers servers)
{
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_clock_that_nobody_keeps_shows_and_one_that_is_kept_does_not(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase();

        var kept = await new RedisHealthCheck(new ClockSkew(redis, SessionNode.Patience, TimeProvider.System)).CheckHealthAsync(new HealthCheckContext(), CancellationToken.None);
        var late = await new RedisHealthCheck(new ClockSkew(redis, SessionNode.Patience, new Behind())).CheckHealthAsync(new HealthCheckContext(), CancellationToken.None);

        Assert.Equal(HealthStatus.Healthy, kept.Status);
        Assert.Equal(HealthStatus.Degraded, late.Status);
        Assert.Contains("s apart", late.Description, StringComparison.Ordinal);
    }

    private sealed class Behind : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMinutes(-1);
    }
}
