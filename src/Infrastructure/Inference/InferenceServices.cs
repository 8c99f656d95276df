using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Composer;

namespace MusicGen.Infrastructure.Inference;

public static class InferenceServices
{
    /// <summary>The engines of this machine, which need nothing else of the product: no secret, store or database.</summary>
    /// <param name="services">Where they are registered.</param>
    /// <param name="defaultModel">The model of requests that name none; null for the best on this machine.</param>
    public static IServiceCollection AddMusicEngines(this IServiceCollection services, string? defaultModel = null)
    {
        services.AddSingleton<IMusicEngine, ComposerEngine>();
        services.AddSingleton<IMusicGenerator>(provider => new MusicGenerators(provider.GetServices<IMusicEngine>(), defaultModel));
        return services;
    }
}
