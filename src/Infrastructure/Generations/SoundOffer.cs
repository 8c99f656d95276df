using System.Globalization;
using Microsoft.Extensions.Logging;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Tells the other nodes of a sound that this one makes and, while one of them wants to hear it, copies it to Redis: from
/// the first byte on, at its own pace, 64 KB at a time.
/// </summary>
internal sealed class SoundOffer(IDatabase redis, GenerationId id, long lease, LiveSound sound, ILogger logger)
{
    /// <summary>A worker that is silent for so long makes nothing more.</summary>
    internal static readonly TimeSpan HeadLasts = TimeSpan.FromSeconds(10);

    /// <summary>For who is behind: whoever listens renews it.</summary>
    internal static readonly TimeSpan CopyLasts = TimeSpan.FromMinutes(1);

    private const long Unwished = -1;
    private const long TakenOver = -2;
    private const long Untold = -3;

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(2);
    private static readonly RedisScript Append = RedisScript.Named("append_sound");

    /// <summary>Goes on until the sound is over, another worker has the task, or the process ends.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await Task.Yield(); // the engine goes on
        await using var signals = new SoundSignals(redis, id);
        var there = Untold;
        var isOver = false;
        while (!isOver && there != TakenOver && !ct.IsCancellationRequested)
        {
            try
            {
                await signals.OpenAsync();
                (there, isOver) = await StepAsync(there);
                if (there == Unwished && !isOver)
                    await signals.WaitAsync(RenewEvery, CancellationToken.None, sound.Over, ct);
            }
            catch (Exception e) when (SoundSignals.IsTrouble(e))
            {
                RelayLog.NotRelayed(logger, e, id);
                there = Untold;
                await Task.Delay(RenewEvery, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        async Task<(long There, bool IsOver)> StepAsync(long at)
        {
            var part = at < 0 ? default : await NextAsync((int)at, ct);
            var ends = at < 0 ? sound.Over.IsCancellationRequested : part is { IsEmpty: true };
            var now = await AppendAsync(redis, id, lease, sound.Length, Math.Max(0, at), part ?? default, ends).WaitAsync(ct);
            if (ends || now != at)
                await signals.SendAsync(); // also when it has just begun, or somebody has just come
            return (now, ends);
        }
    }

    // Null where nothing came for a while, so that what says that it is in the making is renewed.
    private async Task<ReadOnlyMemory<byte>?> NextAsync(int at, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(RenewEvery);
        try
        {
            return await sound.ReadAsync(at, patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <returns>The copy's length, or one of the negative numbers.</returns>
    internal static async Task<long> AppendAsync(IDatabase redis, GenerationId id, long lease, int length, long at, ReadOnlyMemory<byte> part, bool ends)
    {
        RedisKey[] keys = [RedisKeys.LiveSound(id), RedisKeys.LiveSoundCopy(id, lease), RedisKeys.LiveSoundWish(id)];
        return (long)await Append.RunAsync(
            redis, keys, lease, length, at, part, ends ? 1 : 0, Milliseconds(ends ? CopyLasts : HeadLasts), Milliseconds(CopyLasts));
    }

    private static RedisValue Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
}
