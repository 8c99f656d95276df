using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Auditing;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public const int ActorLength = 128;
    public const int ActionLength = 64;
    public const int SubjectLength = 256;
    public const int ReasonLength = 64;
    public const int ProofLength = 32;
    public const int AddressLength = 64;
    public const int EmailHashLength = 64;
    public const int TraceIdLength = 64;

    public void Configure(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.ToTable("AuditEntries");
        entry.HasKey(e => e.Sequence);
        entry.Property(e => e.Sequence).ValueGeneratedNever(); // the trail counts, so that no number is skipped
        entry.Property(e => e.Actor).HasMaxLength(ActorLength);
        entry.Property(e => e.Action).HasMaxLength(ActionLength);
        entry.Property(e => e.Event).HasMaxLength(ActionLength);
        entry.Property(e => e.Subject).HasMaxLength(SubjectLength);
        entry.Property(e => e.Reason).HasMaxLength(ReasonLength);
        entry.Property(e => e.Proof).HasMaxLength(ProofLength);
        entry.Property(e => e.Address).HasMaxLength(AddressLength);
        entry.Property(e => e.EmailHash).HasMaxLength(EmailHashLength);
        entry.Property(e => e.TraceId).HasMaxLength(TraceIdLength);
        entry.Property(e => e.PreviousHash).HasMaxLength(64);
        entry.Property(e => e.Hash).HasMaxLength(64);
        entry.HasIndex(e => new { e.Actor, e.Sequence });
        entry.HasIndex(e => new { e.Action, e.Sequence });
        entry.HasIndex(e => e.At);
    }
}
