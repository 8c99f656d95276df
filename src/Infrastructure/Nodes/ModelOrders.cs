using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>Loads and unloads what administrators ordered on this node, one order for a model at a time.</summary>
internal sealed class ModelOrders(
    INodeRegistry registry, IEngineDevices devices, LeftTasks left, StoreWait store, IOptions<NodeOptions> node, ILogger<ModelOrders> logger)
{
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (NodeOrderKind Kind, string Text)> _problems = new(StringComparer.Ordinal);

    /// <summary>Why the latest orders couldn't be followed, and what this node leaves to others, in words for operators.</summary>
    public IReadOnlyList<string> Problems => [.. _problems.Where(StillHolds).Select(p => p.Value.Text).Order(StringComparer.Ordinal), .. left.Problems, .. store.Problem is { } away ? [away] : Array.Empty<string>()];

    /// <summary>Begins what stands on the board for this node; returns at once.</summary>
    public void Follow(NodeBoard board)
    {
        foreach (var order in board.Orders.Where(o => o.Subject == node.Value.Name && o.Model is not null))
        {
            if (!_underWay.TryGetValue(order.Model!, out var running) || running.IsCompleted)
                _underWay[order.Model!] = FollowAsync(order);
        }
    }

    // A song may have loaded the model since.
    private bool StillHolds(KeyValuePair<string, (NodeOrderKind Kind, string Text)> problem) =>
        problem.Value.Kind != NodeOrderKind.Load || !IsLoaded(problem.Key);

    private bool IsLoaded(string model) => devices.Devices.Any(d => d.Loaded.Contains(model));

    private async Task FollowAsync(NodeOrder order)
    {
        var model = order.Model!;
        try
        {
            _problems.TryRemove(model, out _);
            if (!await TryAsync(order.Kind, model))
                return; // in use: the order stands
        }
        catch (MusicGenerationException e)
        {
            _problems[model] = (order.Kind, $"{model}: {e.Message}");
            NodeLog.NotLoaded(logger, model, e.Message);
        }
        catch (Exception e)
        {
            _problems[model] = (order.Kind, $"{model}: it broke when it was {(order.Kind == NodeOrderKind.Load ? "" : "un")}loaded; the log says why.");
            NodeLog.OrderBroke(logger, e, model);
        }

        await WithdrawAsync(order);
    }

    private async Task<bool> TryAsync(NodeOrderKind kind, string model)
    {
        if (kind == NodeOrderKind.Load)
        {
            await devices.LoadAsync(model, CancellationToken.None);
            left.TakeAgain(model);
            NodeLog.Loaded(logger, model);
            return true;
        }

        var isGone = await devices.UnloadAsync(model, CancellationToken.None) || !IsLoaded(model);
        if (isGone)
            NodeLog.Unloaded(logger, model);
        return isGone;
    }

    private async Task WithdrawAsync(NodeOrder order)
    {
        try
        {
            await registry.WithdrawAsync(order, CancellationToken.None);
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            NodeLog.NotHeard(logger, e); // it is followed again
        }
    }
}
