using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

internal sealed class RedisGenerationLeases(IDatabase redis, RedisClock clock, TimeProvider time, ILogger<RedisGenerationLeases> logger) : IGenerationLeases
{
    /// <summary>A dead worker's task is free again after this.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    private static readonly RedisScript Acquire = RedisScript.Named("acquire_lease");

    public async Task<IGenerationLease?> TryAcquireAsync(GenerationId id, CancellationToken ct)
    {
        var nonce = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var asked = time.GetTimestamp();
        RedisKey[] keys = [RedisKeys.GenerationLease(id), RedisKeys.GenerationLeaseNumber(id), RedisKeys.GenerationSteps(id)];
        var number = (long)await Acquire.RunAsync(
            redis, keys, nonce, Length.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), clock.Now);
        return number == 0 ? null : await RedisGenerationLease.HoldAsync(redis, id, number, nonce, asked, time, logger);
    }

    public Task<bool> IsHeldAsync(GenerationId id, CancellationToken ct) => redis.KeyExistsAsync(RedisKeys.GenerationLease(id));

    public Task RevokeAsync(GenerationId id, CancellationToken ct) => redis.KeyDeleteAsync(RedisKeys.GenerationLease(id));
}

internal static partial class LeaseLog
{
    [LoggerMessage(3010, LogLevel.Warning, "The lease of task {TaskId} could not be renewed; trying again")]
    public static partial void NotRenewed(ILogger logger, Exception exception, GenerationId taskId);

    [LoggerMessage(3011, LogLevel.Information, "The lease of task {TaskId} is lost; its work stops here")]
    public static partial void Lost(ILogger logger, GenerationId taskId);

    [LoggerMessage(3012, LogLevel.Debug, "Steps of task {TaskId} could not be published")]
    public static partial void NotPublished(ILogger logger, Exception exception, GenerationId taskId);
}
