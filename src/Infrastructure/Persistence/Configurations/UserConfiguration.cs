using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    /// <summary>A PHC string of Argon2id with its salt and hash is under 120; settings may grow.</summary>
    public const int PasswordHashLength = 256;

    public void Configure(EntityTypeBuilder<User> user)
    {
        user.ToTable("Users");
        user.Property(u => u.Id).ValueGeneratedNever();
        user.Property(u => u.Username).HasMaxLength(Username.MaxLength);
        user.Property(u => u.UsernameKey).HasMaxLength(Username.MaxLength);
        user.Property(u => u.PasswordHash).HasMaxLength(PasswordHashLength);
        user.HasIndex(u => u.Email).IsUnique();
        user.HasIndex(u => u.UsernameKey).IsUnique();
    }
}
