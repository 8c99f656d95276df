using System.Security.Cryptography;
using MusicGen.Application.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>Places in a sorted set; a node that dies without giving its places back loses them in 45 s.</summary>
internal sealed class RedisEventStreams(IDatabase database, RedisClock clock) : IEventStreams
{
    internal const int Places = 10;

    /// <summary>Three heartbeats: one may be late, none may be forgotten.</summary>
    internal static readonly TimeSpan Lapse = TimeSpan.FromSeconds(45);

    private static readonly RedisScript Open = RedisScript.Named("open_stream");

    private readonly IDatabase _database = database;
    private readonly RedisClock _clock = clock;

    public async Task<IEventStream?> TryOpenAsync(UserId user, CancellationToken ct)
    {
        var stream = new Stream(this, user, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        return await stream.RenewAsync(ct) ? stream : null;
    }

    private sealed class Stream(RedisEventStreams owner, UserId user, string id) : IEventStream
    {
        public async Task<bool> RenewAsync(CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            return (long)await Open.RunAsync(
                owner._database, [RedisKeys.EventStreams(user)], id, (long)Lapse.TotalMilliseconds, Places, owner._clock.Now) == 1;
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await owner._database.SortedSetRemoveAsync(RedisKeys.EventStreams(user), id);
            }
            catch (Exception e) when (Outages.IsOutage(e))
            {
                // Redis is gone; the place lapses by itself.
            }
        }
    }
}
