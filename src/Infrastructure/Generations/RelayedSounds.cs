using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// The sounds that any node is making. This process's own are heard from its memory; others' by way of Redis, where the
/// node that makes one keeps a copy as long as somebody elsewhere listens. The engine waits for neither.
/// </summary>
internal sealed class RelayedSounds(IDatabase redis, ILogger<RelayedSounds> logger) : ILiveSounds, IAsyncDisposable
{
    private readonly LiveSounds _own = new();
    private readonly ConcurrentDictionary<Task, byte> _offers = new();
    private readonly CancellationTokenSource _end = new();

    public ILiveSound Open(GenerationId id, long lease) =>
        _own.Open(id, sound => Keep(new SoundOffer(redis, id, lease, sound, logger).RunAsync(_end.Token)));

    public async Task<LiveFile> FindAsync(GenerationId id, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var here = _own.FindAsync(id, stop.Token);
        if (here.IsCompleted)
            return await here;
        var there = new SoundRelay(redis, id, logger).FindAsync(stop.Token);
        try
        {
            return await await Task.WhenAny(here, there);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll((Task)here, there).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_offers.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private void Keep(Task offer)
    {
        _offers[offer] = 0;
        _ = ForgetAsync(offer);
    }

    private async Task ForgetAsync(Task offer)
    {
        await offer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _offers.TryRemove(offer, out _);
    }
}

internal static partial class RelayLog
{
    [LoggerMessage(3033, LogLevel.Debug, "The sound of task {TaskId} can't go by way of Redis now")]
    public static partial void NotRelayed(ILogger logger, Exception exception, GenerationId taskId);
}
