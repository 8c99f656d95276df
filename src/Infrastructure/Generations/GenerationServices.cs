using Hangfire;
using Hangfire.Redis.StackExchange;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

internal static class GenerationServices
{
    /// <summary>Ports of the module, its options, this node's sweeper, and its workers where it has the role.</summary>
    public static void AddGenerationQueue(this IServiceCollection services, NodeRole role)
    {
        services.AddOptions<QueueOptions>().BindConfiguration(QueueOptions.Section).ValidateOnStart()
            .PostConfigure<IEngineDevices>((options, devices) => options.Places = () => devices.Devices.Sum(d => d.MostSongs));
        services.AddSingleton<IValidateOptions<QueueOptions>, QueueOptionsValidator>();
        services.AddSingleton<IValidateOptions<QueueOptions>, QueueWorkersValidator>();
        services.AddOptions<AudioStoreOptions>().BindConfiguration(AudioStoreOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AudioStoreOptions>, AudioStoreOptionsValidator>();

        services.AddSingleton<JobStorage>(provider => StorageOn(provider.GetRequiredService<IConnectionMultiplexer>(), RedisKeys.HangfirePrefix));
        services.AddSingleton<JobCalls>();
        services.AddSingleton<TriedNodes>();
        services.AddSingleton<IGenerationQueue, HangfireGenerationQueue>();
        services.AddSingleton<IGenerationLeases, RedisGenerationLeases>();
        services.AddSingleton<IGenerationProgress, RedisGenerationProgress>();
        services.AddSingleton<IAudioStore, AudioStore>();
        services.AddSingleton<ILiveSounds, RelayedSounds>();
        services.AddScoped<GenerationSweep>();
        services.AddSingleton<OpenQueues>();
        if (role != NodeRole.Api)
            services.AddHostedService<GenerationServers>();
        services.AddHostedService<GenerationSweeper>();
    }

    /// <summary>Hangfire's storage under a prefix of its own, in the connection's database: its own default is number 0.</summary>
    internal static RedisStorage StorageOn(IConnectionMultiplexer redis, string prefix) => new(redis, new RedisStorageOptions
    {
        Prefix = prefix,
        Db = redis.GetDatabase().Database,
        // A worker forgets a signal that comes between its look and its wait, and would then sleep this long (default: 3 min).
        FetchTimeout = TimeSpan.FromSeconds(1),
    });
}
