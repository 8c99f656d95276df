using MediatR;
using Microsoft.Extensions.Logging;
using MusicGen.Domain;

namespace MusicGen.Application.Pipeline;

/// <summary>One line a request: its name, its outcome and how long it took; never what was in it.</summary>
internal sealed class LoggingBehavior<TRequest, TResponse>(ILogger<LoggingBehavior<TRequest, TResponse>> logger, TimeProvider time)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, RequestHandlerDelegate<TResponse> next, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        using var span = Telemetry.Source.StartActivity(typeof(TRequest).Name);
        try
        {
            var result = await next(ct);
            var elapsed = time.GetElapsedTime(start).TotalMilliseconds;
            var outcome = result.IsSuccess ? "ok" : result.Error.Code;
            span?.SetTag("musicgen.outcome", outcome);
            Telemetry.CommandEnded(typeof(TRequest).Name, outcome, elapsed);
            if (result.IsSuccess)
                PipelineLog.Succeeded(logger, typeof(TRequest).Name, elapsed);
            else
                PipelineLog.Refused(logger, typeof(TRequest).Name, result.Error.Code, elapsed);
            return result;
        }
        catch (OperationCanceledException)
        {
            span?.SetTag("musicgen.outcome", "abandoned");
            Telemetry.CommandEnded(typeof(TRequest).Name, "abandoned", time.GetElapsedTime(start).TotalMilliseconds);
            PipelineLog.Abandoned(logger, typeof(TRequest).Name, time.GetElapsedTime(start).TotalMilliseconds);
            throw;
        }
    }
}

internal static partial class PipelineLog
{
    [LoggerMessage(100, LogLevel.Debug, "{Request} succeeded in {Elapsed:0.0} ms")]
    public static partial void Succeeded(ILogger logger, string request, double elapsed);

    [LoggerMessage(101, LogLevel.Information, "{Request} refused with {Code} in {Elapsed:0.0} ms")]
    public static partial void Refused(ILogger logger, string request, string code, double elapsed);

    [LoggerMessage(102, LogLevel.Information, "{Request} abandoned after {Elapsed:0.0} ms")]
    public static partial void Abandoned(ILogger logger, string request, double elapsed);

    [LoggerMessage(103, LogLevel.Critical, "{Request} ran, but its outcome could not be written to the audit trail")]
    public static partial void OutcomeLost(ILogger logger, Exception exception, string request);

    [LoggerMessage(104, LogLevel.Error, "{Request} was refused because the audit trail could not be written")]
    public static partial void AuditUnavailable(ILogger logger, Exception exception, string request);
}
