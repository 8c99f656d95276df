using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Support;

/// <summary>Breaks a server of a test's own for good, so that it meets something that nobody foresaw.</summary>
internal static class BrokenDatabase
{
    /// <summary>Answers 500 from then on.</summary>
    public const string PathOfABatch = "/api/v1/generate/batch/0190a000-0000-7000-8000-000000000000";

    public static Task LoseBatchesAsync(MusicGenApp app) => app.InScopeAsync(services =>
        services.GetRequiredService<MusicGenDbContext>().Database.ExecuteSqlRawAsync("DROP TABLE GenerationBatches"));
}
