using FluentValidation;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.ListenToGeneration;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.GetMe;
using MusicGen.Application.Identity.RunExport;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;

namespace MusicGen.Application;

public static class DependencyInjection
{
    /// <summary>What runs around every request, outermost first.</summary>
    internal static readonly IReadOnlyList<Type> Behaviors =
    [
        typeof(LoggingBehavior<,>),    // sees everything, refusals and exceptions included
        typeof(AuditBehavior<,>),      // outside validation, so refusals leave a trace
        typeof(StepUpBehavior<,>),     // before anybody learns what a sensitive command would have said
        typeof(ValidationBehavior<,>), // the handler never sees bad input
        typeof(QuotaBehavior<,>),      // innermost: only a valid request is charged
    ];

    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddMediatR(configuration =>
        {
            configuration.RegisterServicesFromAssembly(typeof(DependencyInjection).Assembly);
            foreach (var behavior in Behaviors)
                configuration.AddOpenBehavior(behavior);
        });
        AddGenerations(services);
        AddIdentity(services);
        services.AddValidatorsFromAssembly(typeof(DependencyInjection).Assembly, includeInternalTypes: true);
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) => member?.Name;
        ValidatorOptions.Global.DisplayNameResolver = (_, member, _) => member is null ? null : WireName.Of(member.Name);
        ValidatorOptions.Global.LanguageManager.Culture = System.Globalization.CultureInfo.GetCultureInfo("en");
        return services;
    }

    private static void AddIdentity(IServiceCollection services)
    {
        services.AddScoped<AccountHoldings>();
        services.AddScoped<AccountMails>();
        services.AddScoped<AccountRemoval>();
        services.AddScoped<AccountRules>();
        services.AddScoped<ExportRemoval>();
        services.AddScoped<ExportWriter>();
        services.AddScoped<Factors>();
        services.AddScoped<FactorCodes>();
        services.AddScoped<IResealable, FactorSeeds>();
        services.AddScoped<IResealable, PasskeySeals>();
        services.AddSingleton<KnownNames>();
        services.AddScoped<LastAdmin>();
        services.AddScoped<LoginSteps>();
        services.AddScoped<NewDeviceNotice>();
        services.AddScoped<PasskeyProof>();
        services.AddScoped<PasswordChange>();
        services.AddScoped<PersonalTokens>();
        services.AddScoped<PasswordProof>();
        services.AddScoped<ReuseNotice>();
        services.AddScoped<SecondProof>();
        services.AddScoped<SignIn>();
        services.AddScoped<UnverifiedRegistrations>();
    }

    private static void AddGenerations(IServiceCollection services)
    {
        services.AddScoped<IAnswersRepeats<GenerateMusicCommand, Result<GenerationView>>, GenerateMusicCommandHandler>();
        services.AddScoped<GenerationViews>();
        services.AddScoped<ModelChoice>();
        services.AddScoped<GenerationFlow>();
        services.AddScoped<IGenerationFlow>(provider => provider.GetRequiredService<GenerationFlow>());
        services.AddScoped<GenerationCanceller>();
        services.AddScoped<GenerationEvents>();
        services.AddScoped<GenerationListening>();
        services.AddScoped<TaskRequests>();
        services.AddScoped<ScoreSource>();
        services.AddScoped<ClipMaker>();
        services.AddScoped<MusicHoldings>();
        services.AddScoped<MusicRemoval>();
    }
}
