using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence.Configurations;

internal sealed class GenerationConfiguration : IEntityTypeConfiguration<Generation>
{
    public void Configure(EntityTypeBuilder<Generation> generation)
    {
        generation.ToTable("Generations");
        generation.Property(g => g.Id).ValueGeneratedNever();
        generation.Property(g => g.Prompt).HasMaxLength(2 * GenerationParameters.MaxPromptLength); // a character may be two UTF-16 units
        generation.Property(g => g.Model).HasMaxLength(200);
        generation.Property(g => g.Engine).HasConversion(engine => engine.ToString(), text => EngineRelease.Parse(text)).HasMaxLength(100);
        generation.Property(g => g.ChargeId).HasMaxLength(128);
        generation.Property(g => g.IdempotencyKey).HasMaxLength(255);
        generation.Property(g => g.RequestHash).HasMaxLength(64);
        generation.Property(g => g.ErrorCode).HasMaxLength(64);
        generation.Property(g => g.ErrorMessage).HasMaxLength(Generation.MaxErrorMessageLength);
        generation.Property(g => g.Version).IsConcurrencyToken();
        generation.Property(g => g.Parameters).HasConversion(new JsonConverter<GenerationParameters>(), new JsonComparer<GenerationParameters>());
        generation.Property(g => g.Understood).HasConversion(new JsonConverter<IReadOnlyList<string>>(), new JsonComparer<IReadOnlyList<string>>());

        generation.HasOne<User>().WithMany().HasForeignKey(g => g.UserId).OnDelete(DeleteBehavior.Cascade);

        generation.HasIndex(g => new { g.UserId, g.IdempotencyKey }).IsUnique(); // where there is a key: see the migration's filter
        generation.HasIndex(g => new { g.UserId, g.CreatedAt, g.Id });
        generation.HasIndex(g => new { g.Status, g.Tier, g.CreatedAt });
        generation.HasIndex(g => g.BatchId);
    }
}
