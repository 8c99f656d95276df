using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class PasswordResetConfiguration : IEntityTypeConfiguration<PasswordReset>
{
    public void Configure(EntityTypeBuilder<PasswordReset> reset)
    {
        reset.ToTable("PasswordResets");
        reset.Property(r => r.Id).ValueGeneratedNever();
        reset.Property(r => r.TokenHash).HasMaxLength(43); // SHA-256 in base64url
        reset.HasIndex(r => r.TokenHash).IsUnique();
        reset.HasIndex(r => r.ExpiresAt);
        reset.HasOne<User>().WithMany().HasForeignKey(r => r.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
