using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Common;
using Hangfire.Server;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MusicGen.Infrastructure.Identity;

/// <summary>This node's one worker for exports. When it stops, a running export stays open and is started again elsewhere.</summary>
internal sealed class ExportServer(JobStorage storage, IServiceScopeFactory scopes) : IHostedService, IDisposable
{
    private BackgroundProcessingServer? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var performer = new BackgroundJobPerformer(JobFilterProviders.Providers, new AspNetCoreJobActivator(scopes));
        var worker = new Worker([HangfireExportQueue.Name], performer, new BackgroundJobStateChanger());
        var properties = new Dictionary<string, object> { ["Queues"] = new[] { HangfireExportQueue.Name }, ["WorkerCount"] = 1 };
        _server = new BackgroundProcessingServer(storage, [worker], properties, new BackgroundProcessingServerOptions
        {
            ServerName = $"{Environment.MachineName}:{HangfireExportQueue.Name}",
            ExcludeStorageProcesses = true, // the music's servers keep house
            RetryDelay = _ => TimeSpan.FromSeconds(1), // as with music: Redis is back when it is
        });
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _server?.SendStop();
        try
        {
            if (_server is not null)
                await _server.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Redis hangs, and with it the servers' good-bye: what they worked on is taken up when its lease ends.
        }
    }

    public void Dispose() => _server?.Dispose();
}
