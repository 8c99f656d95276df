using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class RecoveryCodeConfiguration : IEntityTypeConfiguration<RecoveryCode>
{
    public void Configure(EntityTypeBuilder<RecoveryCode> code)
    {
        code.ToTable("RecoveryCodes");
        code.Property(c => c.Id).ValueGeneratedNever();
        code.Property(c => c.CodeHash).HasMaxLength(43); // SHA-256 in base64url
        code.Property(c => c.UsedAt).IsConcurrencyToken(); // a code that two requests bring at once is taken once
        code.HasIndex(c => new { c.UserId, c.CodeHash }).IsUnique();
        code.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
