using MusicGen.Domain.Auditing;

namespace MusicGen.Application.Auditing;

/// <summary>The append-only trail. Entries are chained by their hashes.</summary>
public interface IAuditTrail
{
    /// <summary>Writes one entry in a unit of work of its own; durable when it returns.</summary>
    Task AppendAsync(AuditRecord record, CancellationToken ct);

    /// <summary>A keyed hash of an e-mail address, the same for the same address.</summary>
    string HashEmail(string email);

    /// <summary>Walks the whole chain.</summary>
    Task<AuditVerification> VerifyAsync(CancellationToken ct);
}

/// <summary>Whether the trail is whole.</summary>
/// <param name="Entries">How many were read.</param>
/// <param name="Broken">The number of the first entry at fault, or null.</param>
/// <param name="Problem">What is wrong with it, for people; null when all is well.</param>
public sealed record AuditVerification(long Entries, long? Broken, string? Problem);
