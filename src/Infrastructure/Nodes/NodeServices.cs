using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Nodes;

internal static class NodeServices
{
    /// <summary>What this process does among the nodes of the service.</summary>
    public static NodeRole RoleIn(IConfiguration configuration) =>
        configuration.GetSection(NodeOptions.Section).Get<NodeOptions>()?.Role ?? NodeRole.All;

    /// <summary>The registry of nodes, and this one's word in it.</summary>
    public static void AddNodes(this IServiceCollection services)
    {
        services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>();
        services.AddSingleton<NodeLife>();
        services.AddSingleton<RedisNodeRegistry>();
        services.AddSingleton<INodeRegistry>(provider => provider.GetRequiredService<RedisNodeRegistry>());
        services.AddSingleton<LeftTasks>();
        services.AddSingleton<StoreWait>();
        services.AddSingleton<IWorkingNode, WorkingNode>();
        services.AddSingleton<OwnModels>();
        services.AddSingleton<IModelCatalogue>(provider => ActivatorUtilities.CreateInstance<NodeModels>(provider, provider.GetRequiredService<OwnModels>()));
        services.AddSingleton<OfferedModels>();
        services.AddSingleton<RunningTasks>();
        services.AddSingleton<ModelOrders>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<NodeAnnouncer>(provider, provider.GetRequiredService<OwnModels>()));
    }
}
