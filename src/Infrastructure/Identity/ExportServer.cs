using Hangfire;
using Hangfire.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MusicGen.Infrastructure.Identity;

/// <summary>This node's one worker for exports. When it stops, a running export stays open and is started again elsewhere.</summary>
internal sealed class ExportServer(JobStorage storage, IServiceScopeFactory scopes) : IHostedService, IDisposable
{
    private BackgroundJobServer? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _server = new BackgroundJobServer(
            new BackgroundJobServerOptions
            {
                ServerName = $"{Environment.MachineName}:{HangfireExportQueue.Name}",
                Queues = [HangfireExportQueue.Name],
                WorkerCount = 1,
                Activator = new AspNetCoreJobActivator(scopes),
                IsLightweightServer = true, // the music's first server keeps house for all
            },
            storage);
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
