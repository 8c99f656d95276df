using Hangfire;
using Hangfire.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// This node's workers: a Hangfire server for each tier, because one server with several queues empties them in strict
/// order. When it stops, running tasks are put back at once.
/// </summary>
internal sealed class GenerationServers(JobStorage storage, IServiceScopeFactory scopes, IOptions<QueueOptions> options) : IHostedService, IDisposable
{
    private readonly List<BackgroundJobServer> _servers = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tier in Enum.GetValues<Tier>().Where(t => options.Value.WorkersOf(t) > 0))
            _servers.Add(new BackgroundJobServer(OptionsOf(tier), storage));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var server in _servers)
            server.SendStop();
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
        foreach (var server in _servers)
            server.Dispose();
        _servers.Clear();
    }

    private BackgroundJobServerOptions OptionsOf(Tier tier) => new()
    {
        ServerName = $"{Environment.MachineName}:{tier.Name()}",
        Queues = [tier.Name()],
        WorkerCount = options.Value.WorkersOf(tier),
        Activator = new AspNetCoreJobActivator(scopes),
        IsLightweightServer = _servers.Count > 0, // the first one keeps house for all
    };
}
