using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Backups;

namespace MusicGen.Infrastructure.Backups;

internal static class BackupServices
{
    public static void AddBackups(this IServiceCollection services)
    {
        services.AddSingleton<RedisTraces>();
        services.AddScoped<IBackupMaker, BackupMaker>();
        services.AddScoped<IBackupRestorer, BackupRestorer>();
    }
}
