using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

internal static class RedisRegistration
{
    /// <summary>One connection for the process, connected by <see cref="RedisStartup"/> before the first request.</summary>
    public static void AddRedisConnection(this IServiceCollection services)
    {
        services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddSingleton<RedisGeneration>();
        services.AddSingleton(provider =>
        {
            var redis = provider.GetRequiredService<IOptions<RedisOptions>>().Value;
            return new RedisConnections(RedisConnectionString.Parse(redis.ConnectionString), redis.CaFile, provider.GetRequiredService<RedisGeneration>());
        });
        services.AddSingleton<IConnectionMultiplexer>(provider =>
            ConnectionMultiplexer.Connect(provider.GetRequiredService<RedisConnections>().OptionsOfClient()));
        services.AddSingleton(provider => provider.GetRequiredService<IConnectionMultiplexer>().GetDatabase());
        services.AddSingleton(new RedisClock());
        services.AddSingleton<RedisTurns>();
        services.AddSingleton<RedisPatience>();
        services.AddSingleton<ClockSkew>();
        services.AddHostedService<RedisStartup>();
        services.AddHostedService<RedisWatch>();
    }
}
