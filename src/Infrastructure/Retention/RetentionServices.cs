using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Infrastructure.Retention;

internal static class RetentionServices
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddScoped<AccountSweep>();
        services.AddScoped(provider => new RetentionRun(
            provider.GetRequiredService<ISender>(), provider.GetRequiredService<AccountSweep>(), provider.GetRequiredService<MailFolder>(),
            provider.GetRequiredService<IOptions<RetentionOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<RetentionTimer>();
    }
}
