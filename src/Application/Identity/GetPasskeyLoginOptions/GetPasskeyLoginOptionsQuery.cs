using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.GetPasskeyLoginOptions;

/// <summary>What a browser needs to sign in by a passkey alone: whichever it has for this site, with its user verified.</summary>
public sealed record GetPasskeyLoginOptionsQuery : IQuery<PasskeyRequest>;

internal sealed class GetPasskeyLoginOptionsQueryHandler(PasskeyProof passkeys) : IRequestHandler<GetPasskeyLoginOptionsQuery, Result<PasskeyRequest>>
{
    public async Task<Result<PasskeyRequest>> Handle(GetPasskeyLoginOptionsQuery query, CancellationToken ct) =>
        await passkeys.BeginAsync(ChallengeKind.PasswordlessLogin, user: null, userVerification: true, ct);
}
