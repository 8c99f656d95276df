using MediatR;
using MusicGen.Application.Quotas;
using MusicGen.Domain;

namespace MusicGen.Application.Pipeline;

/// <summary>
/// Charges a command before its handler, and gives the charge back when the handler refuses. Of one that breaks nobody knows how far
/// it came: its charge stays open, and is given back where nothing came of it.
/// </summary>
internal sealed class QuotaBehavior<TRequest, TResponse>(IQuotaLedger ledger, ICurrentUser caller, IEnumerable<IAnswersRepeats<TRequest, TResponse>> repeats)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IConsumesQuota
    where TResponse : class, IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, RequestHandlerDelegate<TResponse> next, CancellationToken ct)
    {
        var charge = request.Charge;
        var lease = await ledger.AcquireAsync(caller.Required, caller.Tier, charge, ct);
        if (lease.Refusal is { } refusal)
            return await FindAnswerAsync(request, ct) ?? TResponse.Failure(refusal);

        var result = await next(ct);
        if (result.IsSuccess && result.Answer is not IQuotaUnused { IsUnused: true })
            await ledger.KeepAsync(caller.Required, charge.Id);
        else
            await ledger.GiveUpAsync(caller.Required, charge.Id, CancellationToken.None);
        return result;
    }

    private async Task<TResponse?> FindAnswerAsync(TRequest request, CancellationToken ct)
    {
        foreach (var known in repeats)
        {
            if (await known.FindAnswerAsync(request, ct) is { } answer)
                return answer;
        }

        return null;
    }
}
