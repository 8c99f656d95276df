using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.ForgotPassword;

/// <summary>Asks for a link that sets a new password. The answer is the same whether there is such an account or not.</summary>
[AuditAction("identity.forgot_password", SuccessEvent = "password_reset_requested", FailureEvent = "password_reset_requested")]
public sealed record ForgotPasswordCommand(string Email) : ICommand<None>, IAuditedEmail
{
    public override string ToString() => nameof(ForgotPasswordCommand); // keeps the address out of every log
}

internal sealed class ForgotPasswordCommandValidator : AbstractValidator<ForgotPasswordCommand>
{
    public ForgotPasswordCommandValidator() => RuleFor(c => c.Email).EmailAddressOfOurs();
}

internal sealed class ForgotPasswordCommandHandler(IMusicGenDbContext db, AccountMails mails, TimeProvider time)
    : IRequestHandler<ForgotPasswordCommand, Result<None>>
{
    /// <summary>
    /// Answers come at whole steps of this, which is more than the work for a known address takes; nobody sees from the
    /// clock which one it was.
    /// </summary>
    internal static readonly TimeSpan Step = TimeSpan.FromMilliseconds(300);

    public async Task<Result<None>> Handle(ForgotPasswordCommand command, CancellationToken ct)
    {
        if (!mails.IsAvailable)
            return IdentityErrors.MailUnavailable;

        var start = time.GetTimestamp();
        var email = Email.Normalise(command.Email);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Email == email && !u.IsDisabled, ct);
        await mails.SendResetAsync(email, user is null ? null : await OpenLinkAsync(user, ct), ct);
        await Task.Delay(Step - TimeSpan.FromTicks(time.GetElapsedTime(start).Ticks % Step.Ticks), time, ct);
        return default(None);
    }

    private async Task<string> OpenLinkAsync(User user, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var token = LinkToken.New();
        db.PasswordResets.Add(new PasswordReset(Guid.CreateVersion7(now), user.Id, LinkToken.Hash(token), now));
        await db.SaveChangesAsync(ct);
        return token;
    }
}
