using Microsoft.AspNetCore.Diagnostics;
using MusicGen.Domain;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.WebApi.Http;

/// <summary>
/// The edge of the house: whatever escaped becomes an answer without detail. An outage of a store is 503, a body that
/// the server refused to read is the client's 4xx, all else is ours and logged once under the request's id.
/// </summary>
internal sealed class UnhandledExceptionHandler(ILogger<UnhandledExceptionHandler> logger) : IExceptionHandler
{
    private const int ClientClosedRequest = 499;

    private long _outageTold;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException or IOException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        var (status, error) = Judge(exception);
        if (status == StatusCodes.Status500InternalServerError)
            HttpLog.Unhandled(logger, exception, httpContext.TraceIdentifier);
        else if (status == StatusCodes.Status503ServiceUnavailable)
            TellOutage(httpContext.TraceIdentifier, exception);
        await Problems.WriteAsync(httpContext, status, error);
        return true;
    }

    // Every request meets an outage; one line a second tells it as well as a thousand.
    private void TellOutage(string traceId, Exception exception)
    {
        var (told, now) = (Volatile.Read(ref _outageTold), Environment.TickCount64);
        if (now - told >= 1000 && Interlocked.CompareExchange(ref _outageTold, now, told) == told)
            HttpLog.Outage(logger, traceId, exception.GetType().Name);
    }

    private static (int Status, Error Error) Judge(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (StatusCodes.Status413PayloadTooLarge, RequestErrors.TooLarge),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => (StatusCodes.Status408RequestTimeout, RequestErrors.Timeout),
        BadHttpRequestException => (StatusCodes.Status400BadRequest, RequestErrors.Invalid),
        _ when Outages.IsOutage(exception) => (StatusCodes.Status503ServiceUnavailable, RequestErrors.Outage),
        _ => (StatusCodes.Status500InternalServerError, RequestErrors.ServerError),
    };
}

internal static partial class HttpLog
{
    [LoggerMessage(7100, LogLevel.Error, "Unhandled exception; trace {TraceId}")]
    public static partial void Unhandled(ILogger logger, Exception exception, string traceId);

    [LoggerMessage(7101, LogLevel.Warning, "A store can't be reached ({Kind}); trace {TraceId}. This is said once a second at most")]
    public static partial void Outage(ILogger logger, string traceId, string kind);
}
