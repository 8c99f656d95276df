using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class AuthenticatorAppConfiguration : IEntityTypeConfiguration<AuthenticatorApp>
{
    public void Configure(EntityTypeBuilder<AuthenticatorApp> app)
    {
        app.ToTable("AuthenticatorApps");
        app.HasKey(a => a.UserId);
        app.Property(a => a.UserId).ValueGeneratedNever();
        app.Property(a => a.SealedSeed).HasMaxLength(256);
        app.Property(a => a.LastStep).IsConcurrencyToken(); // a code that two requests bring at once is taken once
        app.HasOne<User>().WithMany().HasForeignKey(a => a.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
