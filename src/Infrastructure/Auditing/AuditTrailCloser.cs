using Microsoft.Extensions.Hosting;
using MusicGen.Application.Auditing;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>Lets the signed heads catch up when the server stops, while database and Redis are still there.</summary>
internal sealed class AuditTrailCloser(IAuditTrail trail) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => trail.CloseAsync();
}
