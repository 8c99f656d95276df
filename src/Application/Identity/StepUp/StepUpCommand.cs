using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.StepUp;

/// <summary>
/// Proves once more who the caller is; opens what is sensitive to their session for ten minutes. By the password, with a
/// code where the account has a second factor, or by a passkey with its user verified, alone.
/// </summary>
[AuditAction("identity.step_up")]
public sealed record StepUpCommand(string? Password, string? Code = null, string? RecoveryCode = null, ShownPasskey? Passkey = null)
    : ICommand<SteppedUp>, IAuditedProof
{
    public string? AuditProof => Passkey is not null ? Proofs.Passkey : Proofs.Password + Proofs.With(Code, RecoveryCode);

    public override string ToString() => nameof(StepUpCommand); // keeps the secrets out of every log
}

/// <param name="Challenge">Of the options that it was asked with.</param>
/// <param name="Credential">What navigator.credentials.get() gave, as JSON.</param>
public sealed record ShownPasskey(string Challenge, string Credential)
{
    public override string ToString() => nameof(ShownPasskey);
}

/// <param name="Session">Whose session.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record SteppedUp(SessionId Session, DateTimeOffset ExpiresAt) : IAuditedResult
{
    public string? AuditSubject => $"session:{Session}";
}

internal sealed class StepUpCommandValidator : AbstractValidator<StepUpCommand>
{
    public StepUpCommandValidator()
    {
        RuleFor(c => c.Password!).CheckedPassword().When(c => c.Passkey is null);
        RuleFor(c => c.Password).Null().When(c => c.Passkey is not null).WithMessage("Send a password or a passkey.");
        RuleFor(c => c.Code).AppCode()
            .Must((c, code) => code is null || c is { RecoveryCode: null, Passkey: null }).WithMessage("Send one of code, recovery_code and passkey.");
        RuleFor(c => c.RecoveryCode).RecoveryCode()
            .Must((c, code) => code is null || c.Passkey is null).WithMessage("Send one of code, recovery_code and passkey.");
        RuleFor(c => c.Passkey!.Challenge).ChallengeName().When(c => c.Passkey is not null);
        RuleFor(c => c.Passkey!.Credential).Credential().When(c => c.Passkey is not null);
    }
}

internal sealed class StepUpCommandHandler(
    IMusicGenDbContext db, PasswordProof password, SecondProof second, ISessionStore sessions, ICurrentUser caller)
    : IRequestHandler<StepUpCommand, Result<SteppedUp>>
{
    public async Task<Result<SteppedUp>> Handle(StepUpCommand command, CancellationToken ct)
    {
        // A personal access token has no session, so it can't step up.
        if (caller is not { Id: { } id, Session: { } session })
            return IdentityErrors.AuthenticationRequired;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
            return SessionErrors.Ended;

        var refusal = command.Passkey is { } passkey
            ? await second.CheckPasskeyAsync(user.Id, passkey.Challenge, passkey.Credential, ct)
            : await password.CheckAsync(user, command.Password!, ct) ?? await second.CheckCodeAsync(user.Id, command.Code, command.RecoveryCode, ct);
        if (refusal is not null)
            return refusal;
        var proof = command.Passkey is not null || await second.HasAnyAsync(user.Id, ct) ? SessionProof.TwoFactors : SessionProof.OneFactor;
        return await sessions.StepUpAsync(id, session, proof, ct) is { } at
            ? new SteppedUp(session, at + Pipeline.StepUp.Lifetime)
            : SessionErrors.Ended;
    }
}
