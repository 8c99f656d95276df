using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MusicGen.Domain.Auditing;

namespace MusicGen.Unit.Domain.Auditing;

public sealed class AuditEntryTests
{
    private static readonly AuditRecord Record = new(Guid.Parse("0190a000-0000-7000-8000-000000000001"), "anonymous", "identity.login", AuditOutcome.Succeeded)
    {
        Event = "login_success",
        Subject = "session:x",
    };

    [Fact]
    public void An_entry_without_a_proof_hashes_as_entries_did_before_there_were_any()
    {
        var entry = new AuditEntry(Record, 7, "before", new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        string?[] fields =
        [
            "7", "2026-05-01T12:00:00.0000000Z", "0190a000-0000-7000-8000-000000000001", "anonymous", "identity.login", "login_success", "session:x", "1",
            null, null, null, null, "before",
        ];

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(fields)))), entry.Hash);
    }

    [Fact]
    public void A_proof_is_covered_by_the_hash()
    {
        var at = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        string[] hashes = [.. new[] { null, "password", "password+totp" }.Select(proof => new AuditEntry(Record with { Proof = proof }, 7, "before", at).Hash)];

        Assert.Equal(3, hashes.Distinct(StringComparer.Ordinal).Count());
    }
}
