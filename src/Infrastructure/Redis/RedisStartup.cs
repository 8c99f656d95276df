using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Connects before the first request. A Redis that doesn't answer yet isn't fatal: requests are refused until it does.
/// </summary>
internal sealed partial class RedisStartup(IConnectionMultiplexer redis, RedisConnections connections, ILogger<RedisStartup> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // An embedded server compiles its script engine at the first script: not while somebody waits for an answer.
            await redis.GetDatabase().ScriptEvaluateAsync("return redis.call('TIME')");
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            Log.RedisUnreachable(logger, connections.Refusal, e);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Warning, "Redis doesn't answer yet; requests that need it are refused until it does. {Reason}")]
        public static partial void RedisUnreachable(ILogger logger, string? reason, Exception exception);
    }
}
