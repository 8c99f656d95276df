using Microsoft.Extensions.Logging;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Files;

/// <summary>
/// Reads a store that may be broken, gone or, as a mounted disk and a bucket behind a network, silent. No call to the
/// operating system can be taken back, so each runs apart from its request, which leaves when its patience ends; and when
/// all places are taken by reads that hang, whoever comes next hears so at once.
/// </summary>
internal sealed class StoreAccess(ILogger<StoreAccess> logger, int places = StoreAccess.Places) : IDisposable
{
    private const int Places = 32;

    /// <summary>For a place: an honest read takes a millisecond from a disk, some ten from a bucket.</summary>
    private static readonly TimeSpan PatienceForPlace = TimeSpan.FromMilliseconds(70);

    /// <summary>A disk that has to spin up takes a second or two.</summary>
    private static readonly TimeSpan PatienceForStore = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _places = new(places);

    /// <summary>What <paramref name="read"/> says, or <c>service.unavailable</c> when the store doesn't answer, or only with an error.</summary>
    /// <param name="read">Its token ends when nobody waits any more; what it opens all the same is disposed then.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="patience">Where more than a look is asked for.</param>
    public async Task<Result<T>> ReadAsync<T>(Func<CancellationToken, Task<Result<T>>> read, CancellationToken ct, TimeSpan? patience = null)
    {
        if (!await _places.WaitAsync(PatienceForPlace, ct))
            return GenerationErrors.AudioUnreadable;

        using var left = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var nobodyWaits = left.Token;
        var reading = Task.Run(() => read(nobodyWaits), CancellationToken.None);
        _ = reading.ContinueWith(_ => _places.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var isTaken = false;
        try
        {
            var result = await reading.WaitAsync(patience ?? PatienceForStore, TimeProvider.System, ct);
            isTaken = true;
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            StoreLog.Unreadable(logger, e);
            return GenerationErrors.AudioUnreadable;
        }
        finally
        {
            await left.CancelAsync();
            if (!isTaken)
                _ = DropAsync(reading);
        }
    }

    public void Dispose() => _places.Dispose();

    // What is opened after its asker has left would stay open until the collector finds it.
    private static async Task DropAsync<T>(Task<Result<T>> reading)
    {
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!reading.IsCompletedSuccessfully || await reading is not { IsSuccess: true } opened)
            return;
        if (opened.Value is IAsyncDisposable handle)
            await handle.DisposeAsync();
    }
}

internal static partial class StoreLog
{
    [LoggerMessage(3031, LogLevel.Error, "The audio can't be read")]
    public static partial void Unreadable(ILogger logger, Exception exception);

    [LoggerMessage(3032, LogLevel.Warning, "The bucket doesn't list unfinished uploads ({Reason}); they stay until a rule of the bucket removes them")]
    public static partial void UploadsNotListed(ILogger logger, string reason);
}
