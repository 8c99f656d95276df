namespace MusicGen.Infrastructure.Auditing;

/// <summary>The trail's lines in the log and its numbers, for those who send them elsewhere.</summary>
public static class AuditLines
{
    /// <summary>The logger that writes them.</summary>
    public static string Category => typeof(EfAuditTrail).FullName!;

    /// <summary>The meter of its entries and commits.</summary>
    public static string Meter => EfAuditTrail.MeterName;
}
