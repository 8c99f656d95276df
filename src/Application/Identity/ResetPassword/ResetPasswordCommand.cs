using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.ResetPassword;

/// <summary>Follows a reset link, once: sets a new password and ends every session.</summary>
[AuditAction("identity.reset_password", SuccessEvent = "password_reset", FailureEvent = "password_reset_failed")]
public sealed record ResetPasswordCommand(string Token, string NewPassword) : ICommand<PasswordWasReset>, IAuditedProof
{
    public string? AuditProof => Proofs.MailLink;

    public override string ToString() => nameof(ResetPasswordCommand); // keeps the secrets out of every log
}

/// <param name="User">Whose password.</param>
/// <param name="DeviceCookie">The owner proved the account by mail, so this device is no stranger's any more.</param>
public sealed record PasswordWasReset(UserId User, string DeviceCookie) : IAuditedResult
{
    public string? AuditSubject => $"user:{User}";

    public override string ToString() => nameof(PasswordWasReset);
}

internal sealed class ResetPasswordCommandValidator : AbstractValidator<ResetPasswordCommand>
{
    public ResetPasswordCommandValidator(IBreachedPasswords breached)
    {
        RuleFor(c => c.Token).LinkToken();
        RuleFor(c => c.NewPassword).NewPassword(breached);
    }
}

internal sealed class ResetPasswordCommandHandler(
    IMusicGenDbContext db, PasswordChange change, ISignInThrottle throttle, TimeProvider time)
    : IRequestHandler<ResetPasswordCommand, Result<PasswordWasReset>>
{
    public async Task<Result<PasswordWasReset>> Handle(ResetPasswordCommand command, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var hash = LinkToken.Hash(command.Token);
        var user = await db.PasswordResets.Where(r => r.TokenHash == hash && r.ExpiresAt > now)
            .Join(db.Users, reset => reset.UserId, user => user.Id, (_, user) => user)
            .SingleOrDefaultAsync(user => !user.IsDisabled, ct);
        if (user is null)
            return IdentityErrors.LinkInvalid();

        // A refused password leaves the link as it was.
        if (await change.ApplyAsync(user, command.NewPassword, except: null, ct) is { } refusal)
            return refusal == PasswordChange.Busy && !await db.PasswordResets.AnyAsync(r => r.TokenHash == hash, ct) ? IdentityErrors.LinkInvalid() : refusal;
        return new PasswordWasReset(user.Id, throttle.TrustDevice(user.Email));
    }
}
