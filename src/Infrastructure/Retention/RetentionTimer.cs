using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Identity.RemindOfTokens;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Retention;

/// <summary>
/// The recurring job: every hour one node reminds of what ends and removes what is kept no longer; more often, each looks for exports and
/// deletions that a dead process left.
/// </summary>
internal sealed partial class RetentionTimer(IServiceScopeFactory scopes, RedisTurns turns, TimeProvider time, ILogger<RetentionTimer> logger)
    : BackgroundService
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RunEvery = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SweepEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    // What fails, because Redis, the database or a disk is away, is made up for by the next.
    private async Task TickAsync(CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<AccountSweep>().FreeExportsAsync(ct);
            if (await turns.TryTakeAsync("deletions", AccountSweep.DeletionPatience))
                await scope.ServiceProvider.GetRequiredService<AccountSweep>().FinishDeletionsAsync(ct);
            if (!await turns.TryTakeAsync("retention", RunEvery))
                return;
            await scope.ServiceProvider.GetRequiredService<ISender>().Send(new RemindOfTokensCommand(), ct);
            foreach (var line in await scope.ServiceProvider.GetRequiredService<RetentionRun>().RunAsync(ct))
                Tell(line);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                Log.Failed(logger, e);
        }
    }

    private void Tell(RetentionLine line)
    {
        if (line.Problem is { } problem)
            Log.Kept(logger, line.What, problem);
        else if (line.Count > 0)
            Log.Removed(logger, line.Count, line.What);
    }

    private static partial class Log
    {
        [LoggerMessage(1050, LogLevel.Information, "Kept no longer: {Count} {What}")]
        public static partial void Removed(ILogger logger, long count, string what);

        [LoggerMessage(1051, LogLevel.Error, "Could not remove {What}: {Problem}")]
        public static partial void Kept(ILogger logger, string what, string problem);

        [LoggerMessage(1052, LogLevel.Warning, "Removing what is kept no longer failed; trying again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
