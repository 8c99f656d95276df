using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.LoginPasskey;

/// <summary>Opens a session by a passkey alone: the device that is had, and the PIN or finger that unlocks it, are both factors.</summary>
/// <param name="Challenge">Of the options that it was asked with.</param>
/// <param name="Credential">What navigator.credentials.get() gave, as JSON.</param>
/// <param name="RememberMe">As with a password.</param>
[AuditAction("identity.login_passkey", SuccessEvent = "login_success", FailureEvent = "login_failed")]
public sealed record LoginPasskeyCommand(string Challenge, string Credential, bool RememberMe) : ICommand<SignedIn>, IAuditedProof
{
    public string? AuditProof => Proofs.Passkey;

    public override string ToString() => nameof(LoginPasskeyCommand); // keeps the credential out of every log
}

internal sealed class LoginPasskeyCommandValidator : AbstractValidator<LoginPasskeyCommand>
{
    public LoginPasskeyCommandValidator()
    {
        RuleFor(c => c.Challenge).ChallengeName();
        RuleFor(c => c.Credential).Cascade(CascadeMode.Stop).NotNull().Credential();
    }
}

internal sealed class LoginPasskeyCommandHandler(IMusicGenDbContext db, IChallenges challenges, PasskeyProof passkeys, LoginSteps steps)
    : IRequestHandler<LoginPasskeyCommand, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(LoginPasskeyCommand command, CancellationToken ct)
    {
        if (await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.PasswordlessLogin, command.Challenge, ct) is not { } begun)
            return IdentityErrors.ChallengeInvalid;
        if (await passkeys.TakeAsync(begun, command.Credential, userVerification: true, ct) is not { } id)
            return IdentityErrors.InvalidFactor;

        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, ct);
        return user.IsDisabled ? IdentityErrors.InvalidFactor : await steps.OpenAsync(user, command.RememberMe, ct);
    }
}
