using MusicGen.Infrastructure.Inference;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>What commands that need no server know of engines and models.</summary>
internal static class InferenceSettings
{
    /// <summary>As the server would have them, with the data folder's models and packed weights where no variable names others.</summary>
    public static InferenceOptions Of(ServiceSettings settings)
    {
        settings.Default("Inference:ModelPath", Path.Combine(DataFolder.Locate(settings), "models"));
        settings.Default("Inference:CacheFolder", Path.Combine(DataFolder.Locate(settings), DataFolder.PackedWeights));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Values).Build();
        return configuration.GetSection(InferenceOptions.Section).Get<InferenceOptions>() ?? new InferenceOptions();
    }
}
