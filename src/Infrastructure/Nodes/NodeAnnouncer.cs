using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Monitoring;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// Tells the other nodes every second what this one is and does, and does what administrators ordered. This node takes no task
/// before it has heard what they ordered; from the first sign of a stop it says that it drains, and at the end that it leaves.
/// </summary>
internal sealed class NodeAnnouncer(
    RedisNodeRegistry registry, OpenQueues queues, RunningTasks tasks, IMusicGenerator generator, IEngineDevices devices, InstalledModels models,
    IModelCatalogue catalogue, OfferedModels offered, ModelOrders modelOrders, IOptions<NodeOptions> node, NodeLife life, IOptions<QueueOptions> workers,
    TimeProvider time, ILogger<NodeAnnouncer> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly OncePerMinute _broken = new(time);
    private bool _hasNamesake;
    private bool _hasHeard;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAnnounceAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await registry.LeaveAsync(Describe()).WaitAsync(cancellationToken);
        }
        catch (Exception e)
        {
            NodeLog.NotHeard(logger, e); // the others notice the silence
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryAnnounceAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    // A word that isn't heard, because Redis is away or a model's folder can't be read, is made up for by the next; the last
    // orders stand meanwhile. Nothing that fails here may end the node.
    private async Task TryAnnounceAsync(CancellationToken ct)
    {
        try
        {
            await AnnounceAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            offered.LoseSight();
            if (Outages.IsOutage(e))
                NodeLog.NotHeard(logger, e);
            else if (_broken.IsDue())
                NodeLog.Broke(logger, e);
        }
    }

    private async Task AnnounceAsync(CancellationToken ct)
    {
        var answer = await registry.AnnounceAsync(Describe()).WaitAsync(ct);
        WarnOfNamesake(answer.Namesake);
        if (_hasHeard && !answer.WasKnown)
            offered.LoseSight();
        _hasHeard = true;
        offered.See(catalogue.Models);
        modelOrders.Follow(registry.Board);
        queues.Open(generator.Models, Enum.GetValues<Tier>().Where(t => IsDraining || registry.Board.IsPaused(t)).ToHashSet());
    }

    private bool IsDraining => life.IsLeaving || registry.Board.IsToDrain(node.Value.Name);

    private NodeState Describe() => new()
    {
        Name = node.Value.Name,
        Role = node.Value.Role,
        Version = node.Value.Version,
        StartedAt = _startedAt,
        IsDraining = IsDraining,
        Workers = node.Value.Role == NodeRole.Api
            ? new Dictionary<string, int>()
            : Enum.GetValues<Tier>().ToDictionary(t => t.Name(), workers.Value.WorkersOf, StringComparer.Ordinal),
        Tasks = tasks.Ids,
        Devices = devices.Devices,
        Models = generator.Models,
        Problems = [.. models.All.Where(m => m.Problem is not null).Select(m => $"{m.Id}: {m.Problem}"), .. modelOrders.Problems],
    };

    // After a restart the name's last word was another process's; two that live speak by turns.
    private void WarnOfNamesake(TimeSpan? ago)
    {
        var hasOne = ago < Interval + Interval;
        if (hasOne && _hasNamesake)
            NodeLog.Namesake(logger, node.Value.Name);
        _hasNamesake = hasOne;
    }
}

internal static partial class NodeLog
{
    [LoggerMessage(6000, LogLevel.Debug, "The other nodes can't be told of this one; trying again")]
    public static partial void NotHeard(ILogger logger, Exception exception);

    [LoggerMessage(6001, LogLevel.Error, "Another node is called {Node} too. Give each its own NODE_NAME.")]
    public static partial void Namesake(ILogger logger, string node);

    [LoggerMessage(6002, LogLevel.Information, "Model {Model} is loaded, as ordered")]
    public static partial void Loaded(ILogger logger, string model);

    [LoggerMessage(6003, LogLevel.Information, "Model {Model} is unloaded, as ordered")]
    public static partial void Unloaded(ILogger logger, string model);

    [LoggerMessage(6004, LogLevel.Warning, "Model {Model} can't be loaded as ordered: {Reason}")]
    public static partial void NotLoaded(ILogger logger, string model, string reason);

    [LoggerMessage(6005, LogLevel.Error, "An order for model {Model} broke")]
    public static partial void OrderBroke(ILogger logger, Exception exception, string model);

    [LoggerMessage(6006, LogLevel.Error, "This node couldn't tell the others of itself; it goes on and tries again every second")]
    public static partial void Broke(ILogger logger, Exception exception);
}
