using MusicGen.Domain;
using MusicGen.Domain.Backups;

namespace MusicGen.Infrastructure.Backups;

/// <summary>
/// Asks a store again that doesn't answer. A request gives up after seconds; a backup of hours isn't thrown away for a disk
/// that spins up or a bucket that restarts.
/// </summary>
/// <param name="folder">Of the backup that is in the making.</param>
/// <param name="time">Measures the patience.</param>
internal sealed class PatientStore(string folder, TimeProvider time)
{
    /// <summary>With one file.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>What <paramref name="open"/> says, or <c>backup.store_silent</c>, which names the file, when the store has been away all the time.</summary>
    public async Task<Result<T>> OpenAsync<T>(string name, Func<Task<Result<T>>> open, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var opened = await open();
            if (opened.IsSuccess || opened.Error.Kind != ErrorKind.Unavailable)
                return opened;
            if (time.GetElapsedTime(start) >= Patience)
                return BackupErrors.StoreSilent(name, Patience, folder);
            await Task.Delay(Pause, time, ct);
        }
    }
}
