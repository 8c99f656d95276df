using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure;

public static class HealthChecks
{
    /// <summary>The stores without which nothing works, the models that can't be offered although they are there, and the nodes.</summary>
    public static IHealthChecksBuilder AddStores(this IHealthChecksBuilder checks) => checks
        .AddShared<RedisHealthCheck>("redis")
        .AddShared<DatabaseHealthCheck>("database")
        .AddShared<FilesHealthCheck>("audio")
        .AddCheck<ModelReadinessCheck>("models")
        .AddCheck<NodesHealthCheck>("nodes");

    private static IHealthChecksBuilder AddShared<TCheck>(this IHealthChecksBuilder checks, string name)
        where TCheck : class, IHealthCheck
    {
        checks.Services.AddSingleton<SharedCheck<TCheck>>();
        return checks.AddCheck<SharedCheck<TCheck>>(name);
    }
}
