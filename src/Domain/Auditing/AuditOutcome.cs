namespace MusicGen.Domain.Auditing;

public enum AuditOutcome
{
    /// <summary>Written before the handler runs; an entry that stays alone means that the outcome was lost.</summary>
    Attempted = 0,
    Succeeded = 1,

    /// <summary>Refused by a rule.</summary>
    Denied = 2,

    /// <summary>Broke.</summary>
    Failed = 3,
}
