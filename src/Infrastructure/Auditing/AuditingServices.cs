using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Auditing;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Auditing;

internal static class AuditingServices
{
    public static void AddAuditTrail(this IServiceCollection services)
    {
        services.AddOptions<AuditingOptions>().BindConfiguration(AuditingOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuditingOptions>, AuditingOptionsValidator>();
        services.AddSingleton<AuditSeal>();
        services.AddSingleton<IAuditWitness, RedisAuditWitness>();
        services.AddSingleton<IAuditWitness, FileAuditWitness>();
        services.AddSingleton<AuditHeadKeeper>();
        services.AddScoped<AuditVerifier>();
        services.AddScoped<AuditTrimmer>();
        services.AddSingleton<EfAuditTrail>();
        services.AddSingleton<IAuditTrail>(provider => provider.GetRequiredService<EfAuditTrail>());
        services.AddHostedService<AuditTrailCloser>(); // before whatever writes entries, so that it stops after them
        services.AddSingleton<IResealable>(provider => provider.GetRequiredService<EfAuditTrail>());
    }
}
