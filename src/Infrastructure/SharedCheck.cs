using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure;

/// <summary>
/// A check that costs a store something. Anybody may ask, as often as they like, so one look serves all who ask while it
/// lasts and for a second afterwards; of one that hangs there is never a second.
/// </summary>
/// <typeparam name="TCheck">The check, made anew for each look in a scope of its own.</typeparam>
internal sealed class SharedCheck<TCheck>(IServiceScopeFactory scopes, TimeProvider time, ILogger<TCheck> logger) : IHealthCheck
    where TCheck : class, IHealthCheck
{
    public static readonly TimeSpan Holds = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly HealthCheckResult NoAnswer = HealthCheckResult.Unhealthy("There is no answer.");

    private readonly Lock _lock = new();
    private Task<HealthCheckResult>? _look;
    private long _begunAt; // timestamps
    private long _endedAt;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (look, left) = Join(context);
        try
        {
            return await look.WaitAsync(left, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return NoAnswer;
        }
    }

    // A look that has gone on for too long is waited for by nobody, and still the only one.
    private (Task<HealthCheckResult> Look, TimeSpan Left) Join(HealthCheckContext context)
    {
        lock (_lock)
        {
            if (_look is null || (_look.IsCompleted && time.GetElapsedTime(Volatile.Read(ref _endedAt)) >= Holds))
            {
                _begunAt = time.GetTimestamp();
                using (ExecutionContext.SuppressFlow()) // it is nobody's request
                    _look = Task.Run(() => LookAsync(context), CancellationToken.None);
            }

            var left = Patience - time.GetElapsedTime(_begunAt);
            return (_look, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private async Task<HealthCheckResult> LookAsync(HealthCheckContext context)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var result = await ActivatorUtilities.CreateInstance<TCheck>(scope.ServiceProvider).CheckHealthAsync(context, patience.Token);
            if (result.Status != HealthStatus.Healthy)
                CheckLog.NotWell(logger, context.Registration.Name, result.Description, result.Exception?.GetBaseException().Message);
            return result;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            CheckLog.NotWell(logger, context.Registration.Name, NoAnswer.Description, null);
            return NoAnswer;
        }
        finally
        {
            Volatile.Write(ref _endedAt, time.GetTimestamp());
        }
    }
}

internal static partial class CheckLog
{
    [LoggerMessage(7320, LogLevel.Warning, "Not well: {Check}. {Reason} {Cause}")]
    public static partial void NotWell(ILogger logger, string check, string? reason, string? cause);
}
