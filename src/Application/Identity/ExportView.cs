using MusicGen.Application.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>An export as the wire shows it.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Status">pending, running, completed or failed.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="CompletedAt">When it was complete, or failed.</param>
/// <param name="ExpiresAt">When the file goes.</param>
/// <param name="Bytes">The file's length; null until there is one.</param>
/// <param name="Sha256">Of the file, in hexadecimal.</param>
/// <param name="Error">Why it failed: a code.</param>
public sealed record ExportView(
    string Id, string Status, double Progress, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt, DateTimeOffset? ExpiresAt,
    long? Bytes, string? Sha256, string? Error) : IAuditedResult
{
    string? IAuditedResult.AuditSubject => $"export:{Id}";

    public static ExportView Of(DataExport export)
    {
        var isThere = export.Status == ExportStatus.Completed;
        return new ExportView(
            export.Id.ToString(), export.Status.ToString().ToLowerInvariant(), export.Progress, export.CreatedAt, export.CompletedAt, export.ExpiresAt,
            isThere ? export.Bytes : null, isThere ? export.Sha256 : null, export.Error);
    }
}
