using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class GenerationBatchConfiguration : IEntityTypeConfiguration<GenerationBatch>
{
    public void Configure(EntityTypeBuilder<GenerationBatch> batch)
    {
        batch.ToTable("GenerationBatches");
        batch.Property(b => b.Id).ValueGeneratedNever();
        batch.HasOne<User>().WithMany().HasForeignKey(b => b.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
