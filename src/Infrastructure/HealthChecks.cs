using Microsoft.Extensions.DependencyInjection;
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
        .AddCheck<RedisHealthCheck>("redis", timeout: TimeSpan.FromSeconds(2))
        .AddCheck<DatabaseHealthCheck>("database", timeout: TimeSpan.FromSeconds(2))
        .AddCheck<FilesHealthCheck>("audio", timeout: TimeSpan.FromSeconds(2))
        .AddCheck<ModelReadinessCheck>("models")
        .AddCheck<NodesHealthCheck>("nodes");
}
