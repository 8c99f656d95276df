using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// Unhealthy from the first sign of a stop, so that proxies send nothing more; degraded while nobody takes tasks, which wait
/// then, or a node is lost. One that left in good order is no trouble by itself.
/// </summary>
internal sealed class NodesHealthCheck(INodeRegistry registry, NodeLife life, IOptions<NodeOptions> node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (life.IsLeaving)
            return HealthCheckResult.Unhealthy("This node stops.");
        var nodes = registry.Board.Nodes;
        if (!nodes.Any(n => n.TakesTasks))
            return HealthCheckResult.Degraded("No node takes tasks; they wait.");
        var lost = nodes.Where(n => n.IsLost).Select(n => n.State.Name).ToList();
        var drains = registry.Board.IsToDrain(node.Value.Name);
        return lost.Count == 0 && !drains
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(string.Join(' ', lost.Select(n => $"{n} is lost.").Concat(drains ? ["This node takes no new tasks."] : [])));
    }
}
