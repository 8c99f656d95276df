using MediatR;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Pipeline;

/// <summary>
/// Refuses a sensitive command whose sender hasn't stepped up, or hasn't proved lately who they are. An operator on the
/// command line has no session and passes.
/// </summary>
internal sealed class StepUpBehavior<TRequest, TResponse>(ICurrentUser caller, TimeProvider time) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
    where TResponse : IResult<TResponse>
{
    public Task<TResponse> Handle(TRequest request, RequestHandlerDelegate<TResponse> next, CancellationToken ct) =>
        (request is IRequiresStepUp && caller.Id is not null && !StepUp.IsFresh(caller.SteppedUpAt, time.GetUtcNow()))
        || (request is IRequiresRecentProof && !RecentProof.Suffices(caller, time.GetUtcNow()))
            ? Task.FromResult(TResponse.Failure(IdentityErrors.StepUpRequired))
            : next(ct);
}
