using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.ListKeys;

/// <summary>The signing keys, the latest first; no key material.</summary>
public sealed record ListKeysQuery : IQuery<SigningKeys>;

public sealed record SigningKeys(IReadOnlyList<SigningKeyView> Items);

internal sealed class ListKeysQueryHandler(ISigningKeyRing ring) : IRequestHandler<ListKeysQuery, Result<SigningKeys>>
{
    public async Task<Result<SigningKeys>> Handle(ListKeysQuery query, CancellationToken ct) =>
        new SigningKeys(await ring.ListAsync(ct));
}
