using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Composer;

namespace MusicGen.Infrastructure.Inference;

public static class InferenceServices
{
    /// <summary>The engines of this machine, which need nothing else of the product: no secret, store or database.</summary>
    public static IServiceCollection AddMusicEngines(this IServiceCollection services)
    {
        services.AddSingleton<IMusicEngine, ComposerEngine>();
        services.AddSingleton<IMusicGenerator, MusicGenerators>();
        return services;
    }
}
