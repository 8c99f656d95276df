using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Sessions;

namespace MusicGen.Infrastructure.Sessions;

internal static class SessionRegistration
{
    public static void AddSessionStore(this IServiceCollection services)
    {
        services.AddOptions<SessionOptions>().BindConfiguration(SessionOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<SessionOptions>>().Value.ToPolicy());

        services.AddSingleton<RevocationLog>();
        services.AddSingleton<IRevocationLog>(provider => provider.GetRequiredService<RevocationLog>());
        services.AddSingleton<IRevocations>(provider => provider.GetRequiredService<RevocationLog>());
        services.AddSingleton<RedisReplay>();

        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<ISessionStore, RedisSessionStore>();
        services.AddSingleton<ITokenBlacklist, RedisTokenBlacklist>();

        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RateLimitOptions>, RateLimitOptionsValidator>();
        services.AddSingleton<IAccountLoader, AccountLoader>();
        services.AddSingleton<PersonalTokenLoader>();
        services.AddSingleton<IPersonalTokenLoader>(provider => provider.GetRequiredService<PersonalTokenLoader>());
        services.AddHostedService(provider => provider.GetRequiredService<PersonalTokenLoader>());
        services.AddSingleton<IRequestGate, RedisRequestGate>();
    }
}
