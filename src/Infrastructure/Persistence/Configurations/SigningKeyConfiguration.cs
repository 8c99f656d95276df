using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class SigningKeyConfiguration : IEntityTypeConfiguration<SigningKey>
{
    public void Configure(EntityTypeBuilder<SigningKey> key)
    {
        key.ToTable("SigningKeys");
        key.HasKey(k => k.Kid);
        key.Property(k => k.Kid).HasMaxLength(43); // an RFC 7638 thumbprint
        key.Property(k => k.SealedPrivateKey).HasMaxLength(512);
        key.Property(k => k.PublicKey).HasMaxLength(256);
        key.Property(k => k.ActiveAt);
        key.Property(k => k.RetiredAt).IsConcurrencyToken(); // two operators at once: the second looks again
    }
}
