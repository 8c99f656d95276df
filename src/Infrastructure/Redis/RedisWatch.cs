using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Monitoring;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Leaves a server that is no longer the primary though its connection stands: it hung or was cut off while another one was
/// promoted, or became a replica. What it would answer is of the past.
/// </summary>
internal sealed partial class RedisWatch(IConnectionMultiplexer redis, RedisConnections connections, TimeProvider time, ILogger<RedisWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly OncePerMinute _failures = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryLookAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    // A look that fails is made up for by the next, and mustn't end the node.
    private async Task TryLookAsync(CancellationToken ct)
    {
        try
        {
            await LookAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (_failures.IsDue())
                Log.Failed(logger, e);
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        if (connections.Sentinels is { } sentinels && await sentinels.FindPrimaryAsync(ct) is { } primary)
            connections.End((_, at) => !primary.IsAt(at) && Left(at));

        var replicas = redis.GetServers().Where(s => s is { IsConnected: true, IsReplica: true }).Select(s => s.EndPoint).ToHashSet();
        if (replicas.Count > 0)
            connections.End((endPoint, at) => replicas.Contains(endPoint) && Left(at));
    }

    private bool Left(EndPoint at)
    {
        Log.Left(logger, at.ToString());
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "Redis at {Address} is no longer the primary; its connections end")]
        public static partial void Left(ILogger logger, string? address);

        [LoggerMessage(2102, LogLevel.Warning, "Whether Redis is still the primary could not be seen; looking again every second")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
