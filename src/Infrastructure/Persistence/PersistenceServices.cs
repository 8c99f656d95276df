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
            services.AddDbContext<MusicGenDbContext, SqliteMusicGenDbContext>((provider, builder) => SqliteMusicGenDbContext.Configure(builder, ConnectionString(provider)));
        else
            services.AddDbContext<MusicGenDbContext, SqlServerMusicGenDbContext>((provider, builder) => SqlServerMusicGenDbContext.Configure(builder, ConnectionString(provider)));

        services.AddScoped<IMusicGenDbContext>(provider => provider.GetRequiredService<MusicGenDbContext>());
        services.AddSingleton<DatabaseInitializer>();
    }

    private static string ConnectionString(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.ConnectionString;
}
