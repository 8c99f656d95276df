using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetSecondFactorOptions;

/// <summary>What a browser needs to show a passkey as the second factor of a sign-in.</summary>
/// <param name="Challenge">The sign-in's.</param>
public sealed record GetSecondFactorOptionsQuery(string Challenge) : IQuery<PasskeyRequest>
{
    public override string ToString() => nameof(GetSecondFactorOptionsQuery); // keeps the challenge out of every log
}

internal sealed class GetSecondFactorOptionsQueryValidator : AbstractValidator<GetSecondFactorOptionsQuery>
{
    public GetSecondFactorOptionsQueryValidator() => RuleFor(q => q.Challenge).ChallengeName();
}

internal sealed class GetSecondFactorOptionsQueryHandler(LoginSteps steps, PasskeyProof passkeys)
    : IRequestHandler<GetSecondFactorOptionsQuery, Result<PasskeyRequest>>
{
    public async Task<Result<PasskeyRequest>> Handle(GetSecondFactorOptionsQuery query, CancellationToken ct) =>
        await steps.FindAsync(query.Challenge, ct) is { } begun
            ? await passkeys.BeginAsync(ChallengeKind.LoginPasskey, query.Challenge, begun.User, userVerification: false, ct)
            : IdentityErrors.ChallengeInvalid;
}
