using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.GetJwks;

/// <summary>The public halves of the keys that verify access tokens (RFC 7517).</summary>
public sealed record GetJwksQuery : IQuery<Jwks>;

/// <param name="Json">The JWKS as it goes out.</param>
public sealed record Jwks(string Json);

/// <summary>There is nothing to get wrong; the rule that every request has a validator holds without exceptions.</summary>
internal sealed class GetJwksQueryValidator : AbstractValidator<GetJwksQuery>;

internal sealed class GetJwksQueryHandler(ISigningKeyRing ring) : IRequestHandler<GetJwksQuery, Result<Jwks>>
{
    public async Task<Result<Jwks>> Handle(GetJwksQuery query, CancellationToken ct) => new Jwks(await ring.PublicJwksAsync(ct));
}
