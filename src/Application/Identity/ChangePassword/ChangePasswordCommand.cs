using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.ChangePassword;

/// <summary>Sets a new password for the caller, who proves to know the old one. Other sessions end.</summary>
[AuditAction("identity.change_password", SuccessEvent = "password_changed", FailureEvent = "password_change_failed")]
public sealed record ChangePasswordCommand(string CurrentPassword, string NewPassword) : ICommand<None>, IAuditedProof
{
    public string? AuditProof => Proofs.Password;

    public override string ToString() => nameof(ChangePasswordCommand); // keeps the passwords out of every log
}

internal sealed class ChangePasswordCommandValidator : AbstractValidator<ChangePasswordCommand>
{
    public ChangePasswordCommandValidator(IBreachedPasswords breached)
    {
        RuleFor(c => c.CurrentPassword).CheckedPassword();
        RuleFor(c => c.NewPassword).NewPassword(breached)
            .NotEqual(c => c.CurrentPassword, StringComparer.Ordinal).WithMessage("This is your password already.");
    }
}

internal sealed class ChangePasswordCommandHandler(
    IMusicGenDbContext db, PasswordProof proof, PasswordChange change, ICurrentUser caller)
    : IRequestHandler<ChangePasswordCommand, Result<None>>
{
    public async Task<Result<None>> Handle(ChangePasswordCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        if (await proof.CheckAsync(user, command.CurrentPassword, ct) is { } wrong)
            return wrong;
        return await change.ApplyAsync(user, command.NewPassword, caller.Session, ct) is { } refusal ? refusal : default(None);
    }
}
