using Microsoft.Extensions.Logging;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Reads files of a disk that may be broken, gone or, as a mounted one, silent. No call to the operating system can be
/// taken back, so each runs apart from its request, which leaves when its patience ends; and when all places are taken by
/// reads that hang, whoever comes next hears so at once.
/// </summary>
internal sealed class DiskAccess(ILogger logger, int places = DiskAccess.Places) : IDisposable
{
    private const int Places = 32;

    /// <summary>For a place: an honest read takes a millisecond.</summary>
    private static readonly TimeSpan PatienceForPlace = TimeSpan.FromMilliseconds(70);

    /// <summary>A disk that has to spin up takes a second or two.</summary>
    private static readonly TimeSpan PatienceForDisk = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _places = new(places);

    /// <summary>What <paramref name="read"/> says, or <c>service.unavailable</c> when the disk doesn't answer, or only with an error.</summary>
    public async Task<Result<T>> ReadAsync<T>(Func<Result<T>> read, CancellationToken ct)
    {
        if (!await _places.WaitAsync(PatienceForPlace, ct))
            return GenerationErrors.AudioUnreadable;

        var reading = Task.Run(read, CancellationToken.None);
        _ = reading.ContinueWith(_ => _places.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await reading.WaitAsync(PatienceForDisk, TimeProvider.System, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            DiskLog.Unreadable(logger, e);
            return GenerationErrors.AudioUnreadable;
        }
    }

    public void Dispose() => _places.Dispose();
}

internal static partial class DiskLog
{
    [LoggerMessage(3031, LogLevel.Error, "The audio can't be read")]
    public static partial void Unreadable(ILogger logger, Exception exception);
}
