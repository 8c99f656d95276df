using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Common;
using Hangfire.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// This node's workers, so many for each tier. From the first sign of a stop they take no new task; running ones have most
/// of the grace to finish, and go back to their queue after that.
/// </summary>
internal sealed class GenerationServers(
    JobStorage storage, IServiceScopeFactory scopes, OpenQueues queues, IOptions<QueueOptions> options, IOptions<NodeOptions> node, NodeLife life)
    : IHostedService, IDisposable
{
    private readonly List<BackgroundProcessingServer> _servers = [];
    private CancellationTokenRegistration _leaving;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var performer = new BackgroundJobPerformer(JobFilterProviders.Providers, new AspNetCoreJobActivator(scopes));
        foreach (var tier in Enum.GetValues<Tier>().Where(t => options.Value.WorkersOf(t) > 0))
            _servers.Add(ServerOf(tier, performer));
        _leaving = life.Leaving.Register(SendStop);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        SendStop();
        try
        {
            foreach (var server in _servers)
                await server.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Redis hangs, and with it the servers' good-bye: what they worked on is taken up when its lease ends.
        }
    }

    public void Dispose()
    {
        _leaving.Dispose();
        foreach (var server in _servers)
            server.Dispose();
        _servers.Clear();
    }

    private void SendStop()
    {
        foreach (var server in _servers)
            server.SendStop();
    }

    private BackgroundProcessingServer ServerOf(Tier tier, IBackgroundJobPerformer performer)
    {
        var count = options.Value.WorkersOf(tier);
        var processes = new List<IBackgroundProcess>(Enumerable.Range(0, count).Select(_ => new TierWorker(tier, queues, performer)));
        if (_servers.Count == 0)
            processes.AddRange(storage.GetStorageWideProcesses()); // the first one keeps house for all
        var properties = new Dictionary<string, object> { ["Queues"] = new[] { tier.Name() }, ["WorkerCount"] = count };
        return new BackgroundProcessingServer(storage, processes, properties, new BackgroundProcessingServerOptions
        {
            ServerName = $"{node.Value.Name}:{tier.Name()}",
            StopTimeout = node.Value.TimeToFinish,
            RetryDelay = _ => TimeSpan.FromSeconds(1), // Redis is back when it is; by default each worker would sleep for longer and longer
            ShutdownTimeout = node.Value.ShutdownGrace, // it counts from the first sign too; by default it would be over before a long task is
        });
    }
}
