using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.ResealKeys;

/// <summary>After a change of JWT_SECRET_KEY: seals whatever is kept sealed under the new one, so that the previous one can go.</summary>
[AuditAction("identity.reseal_keys")]
public sealed record ResealKeysCommand : ICommand<KeysResealed>;

/// <param name="Count">How many were sealed anew.</param>
public sealed record KeysResealed(int Count);

internal sealed class ResealKeysCommandHandler(IEnumerable<IResealable> sealedThings) : IRequestHandler<ResealKeysCommand, Result<KeysResealed>>
{
    public async Task<Result<KeysResealed>> Handle(ResealKeysCommand command, CancellationToken ct)
    {
        var count = 0;
        foreach (var thing in sealedThings)
            count += await thing.ResealAsync(ct);
        return new KeysResealed(count);
    }
}
