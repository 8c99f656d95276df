using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class DataExportConfiguration : IEntityTypeConfiguration<DataExport>
{
    public void Configure(EntityTypeBuilder<DataExport> export)
    {
        export.ToTable("DataExports");
        export.Property(e => e.Id).ValueGeneratedNever();
        export.Property(e => e.Sha256).HasMaxLength(64);
        export.Property(e => e.Error).HasMaxLength(64);
        export.Property(e => e.Status).IsConcurrencyToken(); // whoever lost the job can't finish it
        export.HasIndex(e => new { e.UserId, e.CreatedAt });
        export.HasIndex(e => e.ExpiresAt);
        export.HasOne<User>().WithMany().HasForeignKey(e => e.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
