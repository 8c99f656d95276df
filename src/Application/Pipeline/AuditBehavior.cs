using System.Reflection;
using MediatR;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Auditing;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;

namespace MusicGen.Application.Pipeline;

/// <summary>
/// Writes 'attempted' before a command and its outcome after, refusals included. What can't be recorded isn't done.
/// </summary>
internal sealed class AuditBehavior<TRequest, TResponse>(
    IAuditTrail trail, ICurrentUser caller, ILogger<AuditBehavior<TRequest, TResponse>> logger)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : ICommandMarker
    where TResponse : IResult<TResponse>
{
    // Every command has one: an architecture test says so.
    private static readonly AuditActionAttribute Action = typeof(TRequest).GetCustomAttribute<AuditActionAttribute>()!;

    public async Task<TResponse> Handle(TRequest request, RequestHandlerDelegate<TResponse> next, CancellationToken ct)
    {
        var attempt = Describe(request, Action);
        try
        {
            await trail.AppendAsync(attempt, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Telemetry.AuditFailed("before");
            PipelineLog.AuditUnavailable(logger, e, typeof(TRequest).Name);
            return TResponse.Failure(Error.Unavailable("The audit trail can't be written, so nothing was done. Try again.", TimeSpan.FromSeconds(5)));
        }

        TResponse result;
        try
        {
            result = await next(ct);
        }
        catch (Exception e)
        {
            var reason = e is OperationCanceledException ? "request.abandoned" : "server.error";
            await RecordAsync(attempt with { Outcome = AuditOutcome.Failed, Reason = reason, Event = Action.FailureEvent });
            throw;
        }

        await RecordAsync(result.IsSuccess
            ? attempt with { Outcome = AuditOutcome.Succeeded, Event = EventOf(Action, result), Subject = SubjectOf(request, result) }
            : attempt with { Outcome = AuditOutcome.Denied, Reason = result.Error.Code, Event = EventOf(Action, result.Error), Subject = result.Error.AuditSubject ?? attempt.Subject });
        return result;
    }

    private AuditRecord Describe(TRequest request, AuditActionAttribute action) =>
        new(Guid.CreateVersion7(), caller.Actor, action.Name, AuditOutcome.Attempted)
        {
            Subject = (request as IAuditedSubject)?.AuditSubject,
            EmailHash = (request as IAuditedEmail)?.Email is { } email ? trail.HashEmail(email) : null,
            Proof = (request as IAuditedProof)?.AuditProof,
            Address = caller.Address,
            TraceId = caller.TraceId,
        };

    private static string? SubjectOf(TRequest request, TResponse result) =>
        (result.Answer as IAuditedResult)?.AuditSubject ?? (request as IAuditedSubject)?.AuditSubject;

    private static string? EventOf(AuditActionAttribute action, Error error) =>
        error.Kind == ErrorKind.Throttled && action.ThrottledEvent is { } throttled ? throttled : action.FailureEvent;

    private static string? EventOf(AuditActionAttribute action, TResponse result) =>
        result.Answer is IAuditedEvent named ? named.AuditEvent : action.SuccessEvent;

    // The command has run: its answer stands even when this line can't be written, and the lonely attempt shows the gap.
    private async Task RecordAsync(AuditRecord outcome)
    {
        try
        {
            await trail.AppendAsync(outcome, CancellationToken.None);
        }
        catch (Exception e)
        {
            Telemetry.AuditFailed("after");
            PipelineLog.OutcomeLost(logger, e, typeof(TRequest).Name);
        }
    }
}
