using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class PasskeyConfiguration : IEntityTypeConfiguration<Passkey>
{
    public void Configure(EntityTypeBuilder<Passkey> passkey)
    {
        passkey.ToTable("Passkeys");
        passkey.Property(p => p.Id).ValueGeneratedNever();
        passkey.Property(p => p.Name).HasMaxLength(Passkey.MaxNameLength);
        passkey.Property(p => p.CredentialId).HasMaxLength(Passkey.MaxCredentialIdLength);
        passkey.Property(p => p.PublicKey).HasMaxLength(1024);
        passkey.Property(p => p.Transports).HasMaxLength(128);
        passkey.Property(p => p.Seal).HasMaxLength(128);
        passkey.Ignore(p => p.SealedText);
        passkey.HasIndex(p => p.CredentialId).IsUnique();
        passkey.HasIndex(p => p.UserId);
        passkey.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
