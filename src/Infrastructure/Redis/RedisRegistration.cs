using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Monitoring;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

internal static class RedisRegistration
{
    /// <summary>One connection for the process, connected by <see cref="RedisStartup"/> before the first request.</summary>
    public static void AddRedisConnection(this IServiceCollection services)
    {
        services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddSingleton<RedisConnections>();
        services.AddSingleton<IConnectionMultiplexer>(provider =>
        {
            var redis = provider.GetRequiredService<IOptions<RedisOptions>>().Value;
            var options = RedisConnectionString.Parse(redis.ConnectionString);
            if (redis.CaFile is { } authority)
            {
                using var issuer = X509CertificateLoader.LoadCertificateFromFile(authority);
                CertificateExpiry.Record("redis_ca", issuer.NotAfter);
                options.TrustIssuer(authority);
            }

            options.Tunnel = provider.GetRequiredService<RedisConnections>();
            return ConnectionMultiplexer.Connect(options);
        });
        services.AddSingleton(provider => provider.GetRequiredService<IConnectionMultiplexer>().GetDatabase());
        services.AddSingleton(new RedisClock());
        services.AddSingleton<RedisTurns>();
        services.AddSingleton<RedisPatience>();
        services.AddSingleton<ClockSkew>();
        services.AddHostedService<RedisStartup>();
    }
}
