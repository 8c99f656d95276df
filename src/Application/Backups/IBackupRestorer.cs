using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Domain;

namespace MusicGen.Application.Backups;

/// <summary>Puts a backup where nothing is. Each of its three steps may be done again.</summary>
public interface IBackupRestorer
{
    /// <summary>Judges the whole backup and the place it goes to; changes nothing.</summary>
    /// <param name="folder">Absolute.</param>
    /// <param name="interrupted">The backup whose restore was interrupted here, so that the place isn't empty; null for none.</param>
    /// <param name="progress">Hears of each file.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Otherwise one of the <c>backup.…</c> refusals.</returns>
    Task<Result<BackupFacts>> CheckAsync(string folder, Guid? interrupted, IProgress<StepsDone> progress, CancellationToken ct);

    /// <summary>Puts the database and the signed heads of its audit trail in place, unless they are there.</summary>
    /// <exception cref="InvalidDataException">The backup has changed since it was judged.</exception>
    Task PlaceDatabaseAsync(string folder, CancellationToken ct);

    /// <summary>Puts everything else in place.</summary>
    /// <exception cref="InvalidDataException">The backup has changed since it was judged.</exception>
    Task<Result<BackupFacts>> RestoreAsync(string folder, IProgress<StepsDone> progress, CancellationToken ct);
}

/// <param name="Id">Names it in the audit trail.</param>
/// <param name="At">The moment whose state it holds.</param>
/// <param name="Files">How many.</param>
/// <param name="Bytes">Of all together.</param>
public sealed record BackupFacts(Guid Id, DateTimeOffset At, int Files, long Bytes) : IAuditedResult
{
    public string? AuditSubject => $"backup:{Id}";
}
