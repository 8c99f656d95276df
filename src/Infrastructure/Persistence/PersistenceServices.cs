using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Persistence;

namespace MusicGen.Infrastructure.Persistence;

internal static class PersistenceServices
{
    /// <summary>The context of the configured database, by its base and by the port.</summary>
    public static void AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();

        if (configuration.GetValue($"{DatabaseOptions.Section}:{nameof(DatabaseOptions.Provider)}", DatabaseProvider.Sqlite) == DatabaseProvider.Sqlite)
        {
            PoolThreads.PrepareForBlocking();
            Add<SqliteMusicGenDbContext>(services, SqliteMusicGenDbContext.Configure);
        }
        else
        {
            Add<SqlServerMusicGenDbContext>(services, SqlServerMusicGenDbContext.Configure);
        }

        services.AddScoped<IMusicGenDbContext>(provider => provider.GetRequiredService<MusicGenDbContext>());
        services.AddSingleton<DatabaseInitializer>();
    }

    // The options are the same for every context of a process: made once, and not again for each request.
    private static void Add<TContext>(IServiceCollection services, Action<DbContextOptionsBuilder, string> configure)
        where TContext : MusicGenDbContext =>
        services.AddDbContext<MusicGenDbContext, TContext>(
            (provider, builder) => configure(builder, ConnectionString(provider)), ServiceLifetime.Scoped, ServiceLifetime.Singleton);

    private static string ConnectionString(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.ConnectionString;
}
