using MusicGen.Domain.Auditing;

namespace MusicGen.Application.Auditing;

/// <summary>The append-only trail. Entries are chained by their hashes; its head is signed and kept outside the table too.</summary>
public interface IAuditTrail
{
    /// <summary>Writes one entry in a unit of work of its own; durable when it returns.</summary>
    Task AppendAsync(AuditRecord record, CancellationToken ct);

    /// <summary>A keyed hash of an e-mail address, the same for the same address.</summary>
    string HashEmail(string email);

    /// <summary>Walks the whole chain and holds it against its signed checkpoints and heads.</summary>
    Task<AuditVerification> VerifyAsync(CancellationToken ct);

    /// <summary>Removes the entries before a moment, up to a signed beginning; the latest entry always stays.</summary>
    /// <returns>What was removed; null when there was nothing.</returns>
    Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct);

    /// <summary>Signs heads for the trail as it is now, where they were lost.</summary>
    /// <returns>The last entry that they vouch for; null when there is none.</returns>
    Task<long?> AdoptAsync(CancellationToken ct);

    /// <summary>Carries the signed heads to where they are kept; for a process that is about to end.</summary>
    Task CloseAsync() => Task.CompletedTask;
}

/// <summary>Whether the trail is whole.</summary>
/// <param name="Entries">How many were read.</param>
/// <param name="Broken">The number of the first entry at fault, or null.</param>
/// <param name="Problem">What is wrong, for people; null when all is well.</param>
public sealed record AuditVerification(long Entries, long? Broken, string? Problem)
{
    /// <summary>The first entry that is kept: 1, or where retention left off.</summary>
    public long? FirstEntry { get; init; }

    /// <summary>Attempts older than a quarter of an hour without an outcome; null when there is none.</summary>
    public MissingOutcomes? MissingOutcomes { get; init; }

    /// <summary>The signed heads outside the table.</summary>
    public IReadOnlyList<AuditWitnessView> Witnesses { get; init; } = [];
}

/// <param name="Count">How many attempts have no outcome: the server died, or couldn't write, between the two.</param>
/// <param name="First">The first one's number.</param>
public sealed record MissingOutcomes(int Count, long First);

/// <param name="Name">Where the head is kept.</param>
/// <param name="Sequence">The last entry that it vouches for; null where there is none.</param>
public sealed record AuditWitnessView(string Name, long? Sequence);

/// <param name="First">The first entry that was removed.</param>
/// <param name="Last">The last one.</param>
public sealed record AuditTrim(long First, long Last) : IAuditedResult
{
    public string? AuditSubject => $"entries:{First}-{Last}";
}
