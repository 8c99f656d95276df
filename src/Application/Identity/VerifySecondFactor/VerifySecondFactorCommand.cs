using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.VerifySecondFactor;

/// <summary>Finishes a sign-in whose password was right. A wrong code leaves the challenge; the code itself is taken once.</summary>
/// <param name="Challenge">The sign-in's.</param>
/// <param name="Code">Of the authenticator app.</param>
/// <param name="RecoveryCode">In its place.</param>
/// <param name="Credential">What navigator.credentials.get() gave, as JSON.</param>
[AuditAction("identity.verify_second_factor", SuccessEvent = "login_success", FailureEvent = "login_failed")]
public sealed record VerifySecondFactorCommand(string Challenge, string? Code, string? RecoveryCode, string? Credential) : ICommand<SignedIn>, IAuditedProof
{
    public string? AuditProof => Proofs.Password + Proofs.With(Code, RecoveryCode, Credential);

    public override string ToString() => nameof(VerifySecondFactorCommand); // keeps the secrets out of every log
}

internal sealed class VerifySecondFactorCommandValidator : AbstractValidator<VerifySecondFactorCommand>
{
    public VerifySecondFactorCommandValidator()
    {
        RuleFor(c => c.Challenge).ChallengeName();
        RuleFor(c => c.Code).AppCode()
            .Must((c, _) => new[] { c.Code, c.RecoveryCode, c.Credential }.Count(given => given is not null) == 1)
            .WithMessage("Send one of code, recovery_code and credential.");
        RuleFor(c => c.RecoveryCode).RecoveryCode();
        RuleFor(c => c.Credential).Credential();
    }
}

internal sealed class VerifySecondFactorCommandHandler(LoginSteps steps, FactorCodes codes, PasskeyProof passkeys, IChallenges challenges)
    : IRequestHandler<VerifySecondFactorCommand, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(VerifySecondFactorCommand command, CancellationToken ct)
    {
        if (await steps.FindAsync(command.Challenge, ct) is not var (begun, user))
            return IdentityErrors.ChallengeInvalid;

        var refusal = command.Credential is { } credential
            ? await CheckPasskeyAsync(command.Challenge, credential, ct)
            : await codes.CheckAsync(user.Id, command.Code, command.RecoveryCode, ct);
        return refusal is null ? await steps.AfterFactorAsync(command.Challenge, begun, user, ct) : refusal;
    }

    private async Task<Error?> CheckPasskeyAsync(string challenge, string credential, CancellationToken ct)
    {
        var begun = await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.LoginPasskey, challenge, ct);
        return begun is not null && await passkeys.TakeAsync(begun, credential, userVerification: false, ct) is not null
            ? null
            : IdentityErrors.InvalidFactor;
    }
}
