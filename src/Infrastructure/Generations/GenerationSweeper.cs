using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Quotas;

namespace MusicGen.Infrastructure.Generations;

/// <summary>Looks at start-up and every three seconds for tasks that nobody works on.</summary>
internal sealed class GenerationSweeper(IServiceScopeFactory scopes, TimeProvider time, ILogger<GenerationSweeper> logger) : BackgroundService
{
    private const int LooksBetweenEnds = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AnHour = TimeSpan.FromHours(1);
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    private static readonly Gauge<long> Waiting = Telemetry.Meter.CreateGauge<long>("musicgen.queue.waiting", "{task}", "Tasks that wait, of all nodes together.");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            var shortBefore = await SweepAsync(null, AnHour, stoppingToken);
            for (var look = 1; await timer.WaitForNextTickAsync(stoppingToken); look++)
                shortBefore = await SweepAsync(shortBefore, shortBefore is null ? AnHour : look % LooksBetweenEnds == 0 ? FiveMinutes : null, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private static async Task RecordQueuesAsync(IServiceProvider services, CancellationToken ct)
    {
        var (queue, models) = (services.GetRequiredService<IGenerationQueue>(), services.GetRequiredService<IModelCatalogue>().Models);
        foreach (var tier in Enum.GetValues<Tier>())
        {
            foreach (var model in models)
                Waiting.Record(await queue.CountAsync(tier, model.Id, ct), new("tier", tier.Name()), new("model", model.Id));
        }
    }

    // A sweep that fails, because Redis or the database is away, is made up for by the next, which then looks further back: whoever
    // ended a task meanwhile couldn't act on it either. An outage may also fall between two looks.
    private async Task<ShortQueues?> SweepAsync(ShortQueues? before, TimeSpan? endsOf, CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var sweep = scope.ServiceProvider.GetRequiredService<GenerationSweep>();
            if (endsOf is { } age)
                await sweep.FollowRecentEndsAsync(age, ct);
            await scope.ServiceProvider.GetRequiredService<ChargeReckoning>().HoldAsync(ct);
            await sweep.FreeAbandonedAsync(ct);
            await sweep.FailOrphansAsync(ct);
            await RecordQueuesAsync(scope.ServiceProvider, ct);
            return await sweep.RefillQueuesAsync(before ?? ShortQueues.None, ct);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                SweepLog.Failed(logger, e);
            return null;
        }
    }
}

internal static partial class SweepLog
{
    [LoggerMessage(3020, LogLevel.Warning, "Looking for abandoned tasks failed; trying again")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(3021, LogLevel.Warning, "Task {TaskId} lost its worker; it waits again")]
    public static partial void Requeued(ILogger logger, MusicGen.Domain.Generations.GenerationId taskId);

    [LoggerMessage(3022, LogLevel.Error, "Task {TaskId} lost its worker {Attempts} times and is given up")]
    public static partial void GivenUp(ILogger logger, MusicGen.Domain.Generations.GenerationId taskId, int attempts);

    [LoggerMessage(3023, LogLevel.Warning, "{Count} waiting tasks of {Tier} for {Model} were put in their queue again")]
    public static partial void Refilled(ILogger logger, int count, MusicGen.Domain.Identity.Tier tier, string model);
}
