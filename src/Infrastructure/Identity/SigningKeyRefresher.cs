using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Looks at the ring every few seconds, so that a key announced or revoked on one node is known on all.</summary>
internal sealed partial class SigningKeyRefresher(SigningKeyRing ring, TimeProvider time, ILogger<SigningKeyRefresher> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Opens the ring before the first request.</summary>
    /// <exception cref="SigningKeysSealedException">The secret opens no key: the process must not start.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ring.OpenAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await RefreshAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    // A database that is away for a moment must not end the loop: what we hold stays in force.
    private async Task RefreshAsync(CancellationToken ct)
    {
        try
        {
            await ring.RefreshAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested) // a store's own cancellation is no stop
        {
            Log.RefreshFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Warning, "The signing keys could not be read again; those in memory stay in force")]
        public static partial void RefreshFailed(ILogger logger, Exception exception);
    }
}
