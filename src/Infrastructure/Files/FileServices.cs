using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Files;

internal static class FileServices
{
    /// <summary>The store of finished files that AUDIO_STORE names, and the way to it.</summary>
    public static void AddFiles(this IServiceCollection services, AudioStoreKind kind)
    {
        services.AddSingleton<StoreAccess>();
        if (kind == AudioStoreKind.Folder)
        {
            services.AddSingleton<IFileStore, FolderStore>();
            return;
        }

        services.AddOptions<S3Options>().BindConfiguration(S3Options.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<S3Options>, S3OptionsValidator>();
        services.AddSingleton<Bucket>();
        services.AddSingleton<BucketUploads>();
        services.AddSingleton<IFileStore, BucketStore>();
    }
}
