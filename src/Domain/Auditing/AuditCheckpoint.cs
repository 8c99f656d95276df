namespace MusicGen.Domain.Auditing;

/// <summary>
/// A signed statement that the trail had so many entries and that the last one's hash was this. Whoever edits the table
/// can't sign another one without the service's secret.
/// </summary>
public sealed class AuditCheckpoint
{
    private AuditCheckpoint()
    {
    }

    public AuditCheckpoint(long sequence, string hash, DateTimeOffset at, string signature)
    {
        Sequence = sequence;
        Hash = hash;
        At = at;
        Signature = signature;
    }

    /// <summary>The number of the entry that it vouches for.</summary>
    public long Sequence { get; private set; }

    /// <summary>That entry's hash.</summary>
    public string Hash { get; private set; } = string.Empty;

    public DateTimeOffset At { get; private set; }

    /// <summary>Names its key.</summary>
    public string Signature { get; private set; } = string.Empty;

    public void Resign(string signature) => Signature = signature;
}
