using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Looks for tasks that nobody works on: one node of all every three seconds, and each at its start-up and after a store was
/// away from it.
/// </summary>
internal sealed class GenerationSweeper(IServiceScopeFactory scopes, RedisTurns turns, TimeProvider time, ILogger<GenerationSweeper> logger) : BackgroundService
{
    private const string Turn = "sweep";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TurnLength = TimeSpan.FromSeconds(2.5); // over before the same node comes again
    private static readonly TimeSpan NoteLength = TimeSpan.FromSeconds(10); // whoever had a turn may die in it; a later one reads the note all the same
    private static readonly TimeSpan BetweenEnds = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AnHour = TimeSpan.FromHours(1);
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    private static readonly Gauge<long> Waiting = Telemetry.Meter.CreateGauge<long>("musicgen.queue.waiting", "{task}", "Tasks that wait, of all nodes together.");

    private readonly HashSet<string> _recorded = new(StringComparer.Ordinal);
    private bool _owes = true; // of its first look it knows nothing before
    private bool _failed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                await LookAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    // What a model leaves behind, nobody takes from its queue; a gauge that isn't told so keeps its last number for ever.
    private async Task RecordQueuesAsync(IServiceProvider services, CancellationToken ct)
    {
        var (queue, models) = (services.GetRequiredService<IGenerationQueue>(), services.GetRequiredService<IModelCatalogue>().Models);
        _recorded.UnionWith(models.Select(m => m.Id));
        foreach (var tier in Enum.GetValues<Tier>())
        {
            foreach (var model in models)
            {
                Record(tier, model.Id, await queue.CountAsync(tier, model.Id, ct));
                Telemetry.BeginFailures(tier, model.Id, model.Engine);
            }

            foreach (var left in _recorded.Except(models.Select(m => m.Id), StringComparer.Ordinal))
                Record(tier, left, 0);
        }

        _recorded.IntersectWith(models.Select(m => m.Id));
    }

    private static void Record(Tier tier, string model, long waiting) => Waiting.Record(waiting, new("tier", tier.Name()), new("model", model));

    // A sweep that fails, because Redis or the database is away, is made up for by the next, which looks further back: whoever ended
    // a task meanwhile couldn't act on it either. An outage may also fall between two looks. Who failed takes no turn from the others,
    // for whom all may be well.
    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var isTurn = !_failed && await turns.TryTakeAsync(Turn, TurnLength);
            if (isTurn || _owes)
                await SweepAsync(scope.ServiceProvider, isTurn, ct);
            await RecordQueuesAsync(scope.ServiceProvider, ct);
            (_owes, _failed) = (false, false);
        }
        catch (Exception e)
        {
            (_owes, _failed) = (true, true);
            if (!ct.IsCancellationRequested)
                SweepLog.Failed(logger, e);
        }
    }

    private async Task SweepAsync(IServiceProvider services, bool isTurn, CancellationToken ct)
    {
        var sweep = services.GetRequiredService<GenerationSweep>();
        if (_owes || await turns.TryTakeAsync("ends", BetweenEnds))
            await sweep.FollowRecentEndsAsync(_owes ? AnHour : FiveMinutes, ct);
        await services.GetRequiredService<ChargeReckoning>().HoldAsync(ct);
        await sweep.FreeAbandonedAsync(ct);
        await sweep.FailOrphansAsync(ct);
        isTurn = isTurn || (_failed && await turns.TryTakeAsync(Turn, TurnLength)); // here all is well again

        // What was short a moment ago, outside of the turns, is no sign yet.
        var before = isTurn ? ShortQueues.Read(await turns.ReadNoteAsync(Turn)) : ShortQueues.None;
        var now = await sweep.RefillQueuesAsync(before, ct);
        if (isTurn)
            await turns.LeaveNoteAsync(Turn, now.Write(), NoteLength);
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

    [LoggerMessage(3023, LogLevel.Warning, "Of {Count} waiting tasks of {Tier} for {Model}, those without a start were put in their queue again")]
    public static partial void Refilled(ILogger logger, int count, MusicGen.Domain.Identity.Tier tier, string model);
}
