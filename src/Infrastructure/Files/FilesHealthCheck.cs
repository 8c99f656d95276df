using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MusicGen.Infrastructure.Files;

/// <summary>Whether finished audio could be kept: a full disk or a lost bucket shows here before it costs somebody a song.</summary>
internal sealed class FilesHealthCheck(IFileStore files) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await files.ProbeAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The audio can't be written.", e);
        }
    }
}
