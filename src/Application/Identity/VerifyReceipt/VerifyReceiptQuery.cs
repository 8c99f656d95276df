using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.VerifyReceipt;

/// <summary>Whether the receipt of a deletion is one that this service signed.</summary>
public sealed record VerifyReceiptQuery(DeletionReceipt Receipt) : IQuery<None>;

internal sealed class VerifyReceiptQueryValidator : AbstractValidator<VerifyReceiptQuery>
{
    public VerifyReceiptQueryValidator() => RuleFor(q => q.Receipt).NotNull();
}

internal sealed class VerifyReceiptQueryHandler(IMessageAuthenticator authenticator) : IRequestHandler<VerifyReceiptQuery, Result<None>>
{
    public Task<Result<None>> Handle(VerifyReceiptQuery query, CancellationToken ct) => Task.FromResult<Result<None>>(
        query.Receipt.IsGenuine(authenticator)
            ? default(None)
            : Error.Invalid("signature", "This receipt isn't ours, or was changed, or its secret is no longer known here."));
}
