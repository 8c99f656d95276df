using Hangfire;
using Hangfire.Redis.StackExchange;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

internal static class GenerationServices
{
    /// <summary>Ports of the module, its options, this node's workers and sweeper.</summary>
    public static void AddGenerationQueue(this IServiceCollection services)
    {
        services.AddOptions<QueueOptions>().BindConfiguration(QueueOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<QueueOptions>, QueueOptionsValidator>();
        services.AddOptions<AudioStoreOptions>().BindConfiguration(AudioStoreOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AudioStoreOptions>, AudioStoreOptionsValidator>();

        services.AddSingleton<JobStorage>(provider => new RedisStorage(
            provider.GetRequiredService<IConnectionMultiplexer>(), new RedisStorageOptions { Prefix = RedisKeys.HangfirePrefix }));
        services.AddSingleton<IGenerationQueue, HangfireGenerationQueue>();
        services.AddSingleton<IGenerationLeases, RedisGenerationLeases>();
        services.AddSingleton<IGenerationProgress, RedisGenerationProgress>();
        services.AddSingleton<IAudioStore, FileAudioStore>();
        services.AddScoped<GenerationSweep>();
        services.AddHostedService<GenerationServers>();
        services.AddHostedService<GenerationSweeper>();
    }
}
