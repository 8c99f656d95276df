using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class RegistrationConfiguration : IEntityTypeConfiguration<Registration>
{
    public void Configure(EntityTypeBuilder<Registration> registration)
    {
        registration.ToTable("Registrations");
        registration.Property(r => r.Id).ValueGeneratedNever();
        registration.Property(r => r.Username).HasMaxLength(Username.MaxLength);
        registration.Property(r => r.UsernameKey).HasMaxLength(Username.MaxLength);
        registration.Property(r => r.PasswordHash).HasMaxLength(UserConfiguration.PasswordHashLength);
        registration.Property(r => r.TokenHash).HasMaxLength(43); // SHA-256 in base64url
        registration.HasIndex(r => r.TokenHash).IsUnique();
        registration.HasIndex(r => r.UsernameKey).IsUnique(); // a username is held by one at a time
        registration.HasIndex(r => r.Email);
        registration.HasIndex(r => r.ExpiresAt);
    }
}
