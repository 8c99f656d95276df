using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MusicGen.Infrastructure.Inference;

/// <summary>
/// Degraded, not unhealthy, while a model of this machine can't be offered: the composer and the other models serve on.
/// `models list` says why.
/// </summary>
internal sealed class ModelReadinessCheck(InstalledModels models) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var faults = models.All.Where(m => m.Problem is not null).Select(m => $"{m.Id}: {m.Problem}").ToList();
        return Task.FromResult(faults.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', faults)));
    }
}
