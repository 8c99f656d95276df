using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference.Composer;

namespace MusicGen.Infrastructure.Inference;

public static class InferenceServices
{
    /// <summary>The engines of this machine, which need nothing else of the product: no secret, store or database.</summary>
    /// <param name="services">Where they are registered.</param>
    /// <param name="options">Models and how they are run.</param>
    public static IServiceCollection AddMusicEngines(this IServiceCollection services, InferenceOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddLogging();
        services.AddSingleton(provider => new TorchMusicEngine(
            options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TorchMusicEngine>>()));
        services.AddSingleton<IEngineDevices>(provider => provider.GetRequiredService<TorchMusicEngine>());
        services.AddSingleton<ComposerEngine>();
        services.AddSingleton<IScoreWriter, ScoreWriter>();
        services.AddSingleton(provider => new InstalledModels(provider.GetRequiredService<TorchMusicEngine>()));
        services.AddSingleton<IMusicGenerator>(provider => new MusicGenerators(
            [provider.GetRequiredService<TorchMusicEngine>(), provider.GetRequiredService<ComposerEngine>()], options.DefaultModel));
        return services;
    }

    /// <summary>What composes pieces again for their notes, and no engine: of a node that makes no music.</summary>
    public static IServiceCollection AddScoreWriter(this IServiceCollection services)
    {
        services.AddSingleton<IScoreWriter, ScoreWriter>();
        services.AddSingleton<IMusicGenerator>(new MusicGenerators([]));
        services.AddSingleton(new InstalledModels(null));
        return services;
    }
}
