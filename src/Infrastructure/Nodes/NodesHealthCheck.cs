using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// Unhealthy from the first sign of a stop, so that proxies send nothing more; degraded while nobody takes tasks, which wait
/// then, a node is lost, or this one leaves some to others. One that left in good order is no trouble by itself.
/// </summary>
internal sealed class NodesHealthCheck(INodeRegistry registry, NodeLife life, LeftTasks left, StoreWait store, IOptions<NodeOptions> node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (life.IsLeaving)
            return HealthCheckResult.Unhealthy("This node stops.");
        var nodes = registry.Board.Nodes;
        if (!nodes.Any(n => n.TakesTasks))
            return HealthCheckResult.Degraded("No node takes tasks; they wait.");
        List<string> problems = [.. nodes.Where(n => n.IsLost).Select(n => $"{n.State.Name} is lost."), .. left.Problems];
        if (registry.Board.IsToDrain(node.Value.Name))
            problems.Add("This node takes no new tasks.");
        if (store.Problem is { } away)
            problems.Add(away);
        return problems.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', problems));
    }
}
