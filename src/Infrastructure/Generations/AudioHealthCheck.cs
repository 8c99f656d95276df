using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Generations;

/// <summary>Whether finished audio could be kept: a full or unmounted disk shows here before it costs somebody a song.</summary>
internal sealed class AudioHealthCheck(IOptions<AudioStoreOptions> options) : IHealthCheck
{
    private static readonly byte[] Something = new byte[4096];

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await Task.Run(Write, CancellationToken.None).WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The audio can't be written.", e);
        }
    }

    private void Write()
    {
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose };
        using var probe = new FileStream(Path.Combine(options.Value.Path, $".probe.{Guid.CreateVersion7():N}.part"), file);
        probe.Write(Something);
        probe.Flush(flushToDisk: true);
    }
}
