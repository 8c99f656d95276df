using System.Globalization;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// One hold on a task. Renewed every second, and at once when the task's change is announced, so that a cancel reaches
/// the work in the time of a message.
/// </summary>
internal sealed class RedisGenerationLease : IGenerationLease
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(200);
    private static readonly RedisScript Renew = RedisScript.Named("renew_lease");
    private static readonly RedisScript Publish = RedisScript.Named("publish_steps");

    private readonly IDatabase _redis;
    private readonly GenerationId _id;
    private readonly RedisValue _nonce;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _look = new(0);
    private long _renewedAt;
    private Task _renewing = Task.CompletedTask;

    private RedisGenerationLease(IDatabase redis, GenerationId id, long number, string nonce, long asked, TimeProvider time, ILogger logger)
    {
        (_redis, _id, Number, _nonce, _renewedAt, _time, _logger) = (redis, id, number, nonce, asked, time, logger);
        Lost = _lost.Token;
    }

    public long Number { get; }

    public CancellationToken Lost { get; }

    /// <param name="redis">Where the lease is.</param>
    /// <param name="id">The task.</param>
    /// <param name="number">The lease's.</param>
    /// <param name="nonce">What the store knows this holder by.</param>
    /// <param name="asked">A timestamp not after the lease began.</param>
    /// <param name="time">The clock of the renewals.</param>
    /// <param name="logger">Hears of trouble.</param>
    public static async Task<RedisGenerationLease> HoldAsync(
        IDatabase redis, GenerationId id, long number, string nonce, long asked, TimeProvider time, ILogger logger)
    {
        var lease = new RedisGenerationLease(redis, id, number, nonce, asked, time, logger);
        await redis.Multiplexer.GetSubscriber().SubscribeAsync(RedisKeys.GenerationChannel(id), lease.OnAnnounced);
        lease._renewing = lease.RenewAllAsync();
        return lease;
    }

    // While Redis can't be asked it is nobody's fault and not over yet: the renewals say when it is.
    public async Task<bool> IsStillHeldAsync(CancellationToken ct)
    {
        while (!_lost.IsCancellationRequested)
        {
            try
            {
                return await _redis.StringGetAsync(RedisKeys.GenerationLease(_id)) == _nonce;
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                await Task.Delay(AskAgainAfter, _time, ct);
            }
        }

        return false;
    }

    public async Task PublishAsync(StepsDone steps, CancellationToken ct)
    {
        try
        {
            RedisKey[] keys = [RedisKeys.GenerationLease(_id), RedisKeys.GenerationSteps(_id)];
            if ((int)await Publish.RunAsync(_redis, keys, _nonce, steps.Done, steps.Total) == 1)
                await _redis.PublishAsync(RedisKeys.GenerationChannel(_id), GenerationSignal.Of(steps));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Watchers miss a step; whether the work may go on is the renewal's question.
            LeaseLog.NotPublished(_logger, e, _id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewing;
        try
        {
            await _redis.Multiplexer.GetSubscriber().UnsubscribeAsync(RedisKeys.GenerationChannel(_id), OnAnnounced);
            await Renew.RunAsync(_redis, [RedisKeys.GenerationLease(_id)], _nonce, 0);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LeaseLog.NotRenewed(_logger, e, _id); // it ends by itself
        }

        _lost.Dispose();
        _end.Dispose();
        _look.Dispose();
    }

    private void OnAnnounced(RedisChannel channel, RedisValue message)
    {
        if (message == GenerationSignal.Look && !_end.IsCancellationRequested)
            _look.Release();
    }

    private async Task RenewAllAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await _look.WaitAsync(RenewEvery, _end.Token);
                if (await RenewAsync())
                    continue;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            LeaseLog.Lost(_logger, _id);
            await _lost.CancelAsync();
            return;
        }
    }

    // False when the lease is lost, or must be by now because Redis hasn't answered for its whole length.
    private async Task<bool> RenewAsync()
    {
        var asked = _time.GetTimestamp();
        try
        {
            var length = RedisGenerationLeases.Length.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
            if ((int)await Renew.RunAsync(_redis, [RedisKeys.GenerationLease(_id)], _nonce, length).WaitAsync(RenewEvery, _time) == 0)
                return false;
            _renewedAt = asked;
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LeaseLog.NotRenewed(_logger, e, _id);
            return _time.GetElapsedTime(_renewedAt) < RedisGenerationLeases.Length - RenewEvery;
        }
    }
}
