using FluentValidation;
using MediatR;
using MusicGen.Domain;

namespace MusicGen.Application.Pipeline;

/// <summary>The handler never sees bad input. Errors carry the wire's field names.</summary>
internal sealed class ValidationBehavior<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, RequestHandlerDelegate<TResponse> next, CancellationToken ct)
    {
        foreach (var validator in validators)
        {
            var outcome = await validator.ValidateAsync(request, ct);
            if (!outcome.IsValid)
                return TResponse.Failure(Error.Invalid(FieldsOf(outcome)));
        }

        return await next(ct);
    }

    private static Dictionary<string, string[]> FieldsOf(FluentValidation.Results.ValidationResult outcome) =>
        outcome.Errors
            .GroupBy(e => WireName.Of(e.PropertyName), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(e => e.ErrorMessage).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
}
