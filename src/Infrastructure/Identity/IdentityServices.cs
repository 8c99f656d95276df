using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

public static class IdentityServices
{
    /// <summary>The lists of passwords that others have lost, which need nothing else of the product: no secret, store or database.</summary>
    public static IServiceCollection AddBreachedPasswords(this IServiceCollection services)
    {
        services.AddOptions<BreachedPasswordsOptions>().BindConfiguration(BreachedPasswordsOptions.Section).ValidateOnStart();
        services.AddSingleton<BreachedPasswordsFile>();
        services.AddSingleton<IValidateOptions<BreachedPasswordsOptions>>(provider => provider.GetRequiredService<BreachedPasswordsFile>());
        services.AddSingleton<IBreachedPasswords>(provider => new BreachedPasswords(
            provider.GetRequiredService<BreachedPasswordsFile>().Filter(provider.GetRequiredService<IOptions<BreachedPasswordsOptions>>())));
        return services;
    }

    /// <summary>Sends what waits, for a process that runs no services and is about to end.</summary>
    public static async Task SendWaitingMailAsync(this IServiceProvider services, CancellationToken ct)
    {
        if (services.GetRequiredService<MailQueue>().Waiting.Count == 0)
            return;
        using var sender = ActivatorUtilities.CreateInstance<MailSender>(services);
        await sender.StartAsync(ct);
        await sender.StopAsync(ct);
    }

    internal static void AddAccounts(this IServiceCollection services)
    {
        services.AddValidated<AccountOptions, AccountOptionsValidator>(AccountOptions.Section);
        services.AddValidated<PasswordHashingOptions, PasswordHashingOptionsValidator>(PasswordHashingOptions.Section);
        services.AddValidated<SignInThrottleOptions, SignInThrottleOptionsValidator>(SignInThrottleOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<AccountOptions>>().Value.ToPolicy());
        services.AddSingleton<IPasswordHasher, Argon2PasswordHasher>();
        services.AddBreachedPasswords();
        services.AddSingleton<GuessWarnings>();
        services.AddHostedService(provider => provider.GetRequiredService<GuessWarnings>());
        services.AddScoped<ISignInThrottle, RedisSignInThrottle>();
        services.AddSingleton<IFactorThrottle, RedisFactorThrottle>();
        services.AddSingleton<IChallenges, RedisChallenges>();
        services.AddSingleton<ITotp, OtpTotp>();
    }

    internal static void AddTokens(this IServiceCollection services)
    {
        services.AddValidated<JwtOptions, JwtOptionsValidator>(JwtOptions.Section);
        services.AddSingleton<SecretKeys>();
        services.AddSingleton<IMessageAuthenticator>(provider => provider.GetRequiredService<SecretKeys>());
        services.AddSingleton<SigningKeyRing>();
        services.AddSingleton<ISigningKeyRing>(provider => provider.GetRequiredService<SigningKeyRing>());
        services.AddSingleton<IResealable>(provider => provider.GetRequiredService<SigningKeyRing>());
        services.AddSingleton<IAccessTokenIssuer, JwtAccessTokenIssuer>();
        services.AddSingleton(provider => new AccessTokenValidation(
            provider.GetRequiredService<SigningKeyRing>(), provider.GetRequiredService<IOptions<JwtOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<SigningKeyRefresher>();
        services.AddValidated<LegacyOptions, LegacyOptionsValidator>(LegacyOptions.Section);
        services.AddSingleton<ILegacyTokens, LegacyTokens>();
    }

    internal static void AddMail(this IServiceCollection services)
    {
        services.AddValidated<MailOptions, MailOptionsValidator>(MailOptions.Section);
        services.AddSingleton<MailFolder>();
        services.AddSingleton<MailQueue>();
        services.AddSingleton<IMailer>(provider => provider.GetRequiredService<MailQueue>());
        services.AddHostedService<MailSender>();
    }

    internal static void AddExports(this IServiceCollection services)
    {
        services.AddSingleton<IExportFiles, ExportFiles>();
        services.AddSingleton<IExportQueue, HangfireExportQueue>();
        services.AddSingleton<IAccountTraces, RedisAccountTraces>();
        services.AddHostedService<ExportServer>();
    }

    private static void AddValidated<TOptions, TValidator>(this IServiceCollection services, string section)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
    }
}
