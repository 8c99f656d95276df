using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>One listener of a sound that another node makes: it says that it listens, and reads the copy at its own pace.</summary>
internal sealed class SoundRelay(IDatabase redis, GenerationId id, ILogger logger)
{
    private const int MostAtOnce = 64 * 1024;

    private static readonly TimeSpan WishLasts = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Waits until another node has begun, and its first bytes are there.</summary>
    public async Task<LiveFile> FindAsync(CancellationToken ct)
    {
        await using var signals = new SoundSignals(redis, id);
        await signals.OpenAsync(); // before the look, or what comes right after it is missed
        while (true)
        {
            if (await HeadAsync() is { IsOver: false } head)
            {
                await WishAsync(signals, head.Lease);
                if (await redis.StringLengthAsync(RedisKeys.LiveSoundCopy(id, head.Lease)) > 0)
                    return new LiveFile(head.Length, PartsAsync(head, CancellationToken.None));
            }

            await signals.WaitAsync(LookEvery, ct);
        }
    }

    // One worker's bytes or nothing: where it stopped, was replaced or fell silent, or Redis lost them, the sound ends short.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(Head head, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await using var signals = new SoundSignals(redis, id);
        for (long at = 0; at < head.Length;)
        {
            if (await NextAsync(signals, head, at, ct) is not { } part)
                yield break;
            at += part.Length;
            yield return part;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> NextAsync(SoundSignals signals, Head head, long at, CancellationToken ct)
    {
        try
        {
            await signals.OpenAsync();
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                await WishAsync(signals, head.Lease);
                var now = await HeadAsync(); // before the bytes: what came last is there when it says that it is over
                ReadOnlyMemory<byte> part = (byte[]?)await redis.StringGetRangeAsync(RedisKeys.LiveSoundCopy(id, head.Lease), at, at + MostAtOnce - 1) ?? [];
                if (now?.Lease != head.Lease)
                    return null;
                if (!part.IsEmpty)
                    return part;
                if (now.IsOver)
                    return null;
                await signals.WaitAsync(LookEvery, ct);
            }
        }
        catch (Exception e) when (SoundSignals.IsTrouble(e))
        {
            RelayLog.NotRelayed(logger, e, id);
            return null;
        }
    }

    private async Task WishAsync(SoundSignals signals, long lease)
    {
        await redis.KeyExpireAsync(RedisKeys.LiveSoundCopy(id, lease), SoundOffer.CopyLasts);
        if (await redis.StringSetAsync(RedisKeys.LiveSoundWish(id), "1", WishLasts, When.NotExists))
            await signals.SendAsync();
        else
            await redis.KeyExpireAsync(RedisKeys.LiveSoundWish(id), WishLasts);
    }

    private async Task<Head?> HeadAsync()
    {
        var head = await redis.HashGetAsync(RedisKeys.LiveSound(id), ["lease", "length", "ended"]);
        return head[0].IsNull ? null : new Head((long)head[0], (int)head[1], head[2] == 1);
    }

    private sealed record Head(long Lease, int Length, bool IsOver);
}
