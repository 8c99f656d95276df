using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class SpentLegacyTokenConfiguration : IEntityTypeConfiguration<SpentLegacyToken>
{
    public void Configure(EntityTypeBuilder<SpentLegacyToken> token)
    {
        token.ToTable("SpentLegacyTokens");
        token.HasKey(t => t.Jti); // the second of two who spend a token at once finds its number taken
        token.Property(t => t.Jti).HasMaxLength(64);
        token.HasIndex(t => t.ExpiresAt);
    }
}
