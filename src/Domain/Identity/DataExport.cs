namespace MusicGen.Domain.Identity;

/// <summary>Everything that the service holds of one user, gathered into one file at their wish.</summary>
public sealed class DataExport
{
    /// <summary>An <see cref="Error"/>: a fault on our side; asking again is all that helps.</summary>
    public const string Broken = "export.failed";

    /// <summary>An <see cref="Error"/>: its workers died until it was given up.</summary>
    public const string Interrupted = "export.interrupted";

    /// <summary>One that isn't complete by then is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(6);

    private DataExport()
    {
    }

    public DataExport(Guid id, UserId userId, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        CreatedAt = now;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    public ExportStatus Status { get; private set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? CompletedAt { get; private set; }

    /// <summary>When the file goes.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Of the file, in hexadecimal; empty until there is one.</summary>
    public string Sha256 { get; private set; } = string.Empty;

    /// <summary>Why it failed: a code.</summary>
    public string? Error { get; private set; }

    public bool IsOpen => Status is ExportStatus.Pending or ExportStatus.Running;

    public void Advance(double progress)
    {
        Status = ExportStatus.Running;
        Progress = Math.Clamp(progress, 0, 1);
    }

    public void Complete(long bytes, string sha256, DateTimeOffset now, TimeSpan kept)
    {
        Status = ExportStatus.Completed;
        Progress = 1;
        Bytes = bytes;
        Sha256 = sha256;
        CompletedAt = now;
        ExpiresAt = now + kept;
    }

    public void Fail(string error, DateTimeOffset now)
    {
        Status = ExportStatus.Failed;
        Error = error;
        CompletedAt = now;
    }
}

public enum ExportStatus
{
    Pending = 0,
    Running = 1,
    Completed = 2,
    Failed = 3,
}
