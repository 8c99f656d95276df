using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MusicGen.Domain.Auditing;

/// <summary>
/// One immutable line of the trail: who did what to what, when, from where, with which outcome (NIST SP 800-53 AU-3).
/// Each entry's hash covers the one before, so an edit, a deletion or a new order is found.
/// </summary>
public sealed class AuditEntry
{
    private AuditEntry()
    {
    }

    public AuditEntry(AuditRecord record, long sequence, string previousHash, DateTimeOffset at)
    {
        Sequence = sequence;
        At = new DateTimeOffset(at.UtcTicks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
        Correlation = record.Correlation;
        Actor = record.Actor;
        Action = record.Action;
        Event = record.Event;
        Subject = record.Subject;
        Outcome = record.Outcome;
        Reason = record.Reason;
        Proof = record.Proof;
        Address = record.Address;
        EmailHash = record.EmailHash;
        TraceId = record.TraceId;
        PreviousHash = previousHash;
        Hash = ComputeHash();
    }

    /// <summary>1, 2, 3, …: without a gap.</summary>
    public long Sequence { get; private set; }

    public DateTimeOffset At { get; private set; }

    /// <summary>The same for an attempt and its outcome.</summary>
    public Guid Correlation { get; private set; }

    /// <summary>A user's id, <c>operator:NAME</c> for the command line, <c>system</c>, or <c>anonymous</c>.</summary>
    public string Actor { get; private set; } = string.Empty;

    /// <summary>Our name of the command, as in <c>identity.login</c>.</summary>
    public string Action { get; private set; } = string.Empty;

    /// <summary>The original service's name of the event, as in <c>login_failed</c>, where it had one.</summary>
    public string? Event { get; private set; }

    public string? Subject { get; private set; }

    public AuditOutcome Outcome { get; private set; }

    /// <summary>The error's code where it was refused.</summary>
    public string? Reason { get; private set; }

    /// <summary>By what the actor proved, or tried to prove, who they are, as in <c>password</c> or <c>password+totp</c>.</summary>
    public string? Proof { get; private set; }

    public string? Address { get; private set; }

    /// <summary>A keyed hash: entries of one address can be found, the address can't be read.</summary>
    public string? EmailHash { get; private set; }

    public string? TraceId { get; private set; }

    public string PreviousHash { get; private set; } = string.Empty;

    public string Hash { get; private set; } = string.Empty;

    /// <summary>SHA-256 over every field and the hash before, in hexadecimal.</summary>
    public string ComputeHash()
    {
        // A JSON array: no two entries have the same text, whatever their fields hold.
        List<string?> fields =
        [
            Sequence.ToString(CultureInfo.InvariantCulture), At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            Correlation.ToString("D"), Actor, Action, Event, Subject, ((int)Outcome).ToString(CultureInfo.InvariantCulture),
            Reason, Address, EmailHash, TraceId, PreviousHash,
        ];
        if (Proof is not null)
            fields.Add(Proof); // entries from before this field keep their hashes
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(fields))));
    }
}

/// <summary>What is to be written; the trail adds time, number and hashes.</summary>
public sealed record AuditRecord(Guid Correlation, string Actor, string Action, AuditOutcome Outcome)
{
    public string? Event { get; init; }

    public string? Subject { get; init; }

    public string? Reason { get; init; }

    public string? Proof { get; init; }

    public string? Address { get; init; }

    public string? EmailHash { get; init; }

    public string? TraceId { get; init; }
}
