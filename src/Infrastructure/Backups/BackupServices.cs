using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Backups;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Backups;

internal static class BackupServices
{
    public static void AddBackups(this IServiceCollection services)
    {
        services.AddSingleton<RedisTraces>();
        services.AddScoped<FileTransfer>();
        services.AddScoped<RowTransfer>();
        services.AddScoped<IDatabaseTransfer>(provider => provider.GetRequiredService<MusicGenDbContext>() is SqliteMusicGenDbContext
            ? provider.GetRequiredService<FileTransfer>()
            : provider.GetRequiredService<RowTransfer>());
        services.AddScoped<IBackupMaker, BackupMaker>();
        services.AddScoped<IBackupRestorer, BackupRestorer>();
    }
}
