using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Domain;

namespace MusicGen.Application.Backups;

/// <summary>Copies the service, as it is at one moment, into a folder.</summary>
public interface IBackupMaker
{
    /// <summary>Copies while others go on; a folder without a manifest, which is written last, is no backup.</summary>
    /// <param name="folder">Absolute; new or empty.</param>
    /// <param name="sessions">Whether who is signed in stays so.</param>
    /// <param name="progress">Hears of each file.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns><c>backup.no_snapshots</c>, <c>backup.newer_database</c>, <c>backup.folder_taken</c> or <c>service.unavailable</c> otherwise.</returns>
    Task<Result<BackupMade>> MakeAsync(string folder, bool sessions, IProgress<StepsDone> progress, CancellationToken ct);
}

/// <param name="Id">Names it in the audit trail.</param>
/// <param name="At">The moment whose state it holds.</param>
/// <param name="Files">How many.</param>
/// <param name="Bytes">Of all together.</param>
/// <param name="Deleted">Files of tasks and exports that their owners deleted while the backup was made.</param>
/// <param name="Problems">Files that should be there and aren't, or aren't as they were written.</param>
public sealed record BackupMade(Guid Id, DateTimeOffset At, int Files, long Bytes, int Deleted, IReadOnlyList<string> Problems) : IAuditedResult
{
    public string? AuditSubject => $"backup:{Id}";
}
