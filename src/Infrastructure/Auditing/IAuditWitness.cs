namespace MusicGen.Infrastructure.Auditing;

/// <summary>A place outside the table that remembers the trail's head.</summary>
internal interface IAuditWitness
{
    /// <summary>For people: where it is.</summary>
    string Name { get; }

    /// <summary>How long to wait between two writes.</summary>
    TimeSpan Pause { get; }

    /// <summary>Null where nothing is kept, or nothing that can be read as a head.</summary>
    Task<AuditHead?> ReadAsync();

    /// <summary>Puts a head in the place of the one with that number (0 for none); false when another one is there.</summary>
    Task<bool> TryReplaceAsync(long expected, AuditHead head);
}
