using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class AdminRosterConfiguration : IEntityTypeConfiguration<AdminRoster>
{
    public void Configure(EntityTypeBuilder<AdminRoster> roster)
    {
        roster.ToTable("AdminRoster");
        roster.Property(r => r.Id).ValueGeneratedNever();
        roster.Property(r => r.Version).IsConcurrencyToken();
        roster.HasData(new { Id = AdminRoster.OnlyId, Version = 0L });
    }
}
