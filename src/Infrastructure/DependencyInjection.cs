using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Application.Quotas;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Monitoring;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Retention;
using MusicGen.Infrastructure.Sessions;

namespace MusicGen.Infrastructure;

public static class DependencyInjection
{
    /// <summary>Everything that knows Redis, SQL, files and engines, a method for each module.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        AddPersistence(services, configuration);
        AddRedis(services, configuration);
        AddFiles(services, configuration);
        AddAuditing(services, configuration);
        AddIdentity(services, configuration);
        AddSessions(services, configuration);
        AddQuotas(services, configuration);
        services.AddNodes(); // its first word, and the orders it hears, come before the workers
        AddGenerations(services, configuration);
        AddEventStreams(services);
        AddInference(services, configuration);
        AddRetention(services);
        AddBackups(services);
        AddMonitoring(services);
        return services;
    }

    private static void AddPersistence(IServiceCollection services, IConfiguration configuration) =>
        services.AddDatabase(configuration);

    private static void AddRedis(IServiceCollection services, IConfiguration configuration) => services.AddRedisConnection();

    private static void AddFiles(IServiceCollection services, IConfiguration configuration) =>
        services.AddFiles(configuration.GetSection(AudioStoreOptions.Section).GetValue<AudioStoreKind>(nameof(AudioStoreOptions.Store)));

    private static void AddIdentity(IServiceCollection services, IConfiguration configuration)
    {
        services.AddTokens();
        services.AddAccounts();
        services.AddMail();
        services.AddExports();
    }

    private static void AddSessions(IServiceCollection services, IConfiguration configuration) => services.AddSessionStore();

    private static void AddQuotas(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<QuotaOptions>().BindConfiguration(QuotaOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<QuotaOptions>, QuotaOptionsValidator>();
        services.AddSingleton<IQuotaLedger, RedisQuotaLedger>();
        services.AddScoped<ChargeReckoning>();
    }

    private static void AddAuditing(IServiceCollection services, IConfiguration configuration) => services.AddAuditTrail();

    private static void AddGenerations(IServiceCollection services, IConfiguration configuration) =>
        services.AddGenerationQueue(NodeServices.RoleIn(configuration));

    private static void AddEventStreams(IServiceCollection services) => services.AddSingleton<IEventStreams, RedisEventStreams>();

    private static void AddMonitoring(IServiceCollection services) => services.AddMonitoring();

    private static void AddBackups(IServiceCollection services) => services.AddBackups();

    private static void AddRetention(IServiceCollection services) => services.AddRetention();

    private static void AddInference(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<InferenceOptions>().BindConfiguration(InferenceOptions.Section);
        var options = configuration.GetSection(InferenceOptions.Section).Get<InferenceOptions>() ?? new InferenceOptions();
        if (NodeServices.RoleIn(configuration) == NodeRole.Api)
            services.AddScoreWriter();
        else
            services.AddMusicEngines(options);
    }
}
