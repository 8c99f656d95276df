using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class RevocationConfiguration : IEntityTypeConfiguration<Revocation>
{
    public void Configure(EntityTypeBuilder<Revocation> revocation)
    {
        // No foreign key: what was ended stays ended when its user is deleted.
        revocation.ToTable("Revocations");
        revocation.Property(r => r.Id).ValueGeneratedNever();
        revocation.Property(r => r.Value).HasMaxLength(64);
        revocation.HasIndex(r => r.ExpiresAt);
    }
}
