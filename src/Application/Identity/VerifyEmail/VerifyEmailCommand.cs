using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.VerifyEmail;

/// <summary>Follows the link of a registration: it becomes the account, and those beside it end.</summary>
[AuditAction("identity.verify_email", SuccessEvent = "email_verified", FailureEvent = "email_verification_failed")]
public sealed record VerifyEmailCommand(string Token) : ICommand<EmailVerified>, IAuditedProof
{
    public string? AuditProof => Proofs.MailLink;

    public override string ToString() => nameof(VerifyEmailCommand); // keeps the token out of every log
}

/// <param name="User">Whose address it is.</param>
/// <param name="DeviceCookie">The owner read the mail here, so this device is no stranger's to the account.</param>
public sealed record EmailVerified(UserId User, string DeviceCookie) : IAuditedResult
{
    public string? AuditSubject => $"user:{User}";

    public override string ToString() => nameof(EmailVerified);
}

internal sealed class VerifyEmailCommandValidator : AbstractValidator<VerifyEmailCommand>
{
    public VerifyEmailCommandValidator() => RuleFor(c => c.Token).LinkToken();
}

internal sealed class VerifyEmailCommandHandler(IMusicGenDbContext db, ISignInThrottle throttle, TimeProvider time)
    : IRequestHandler<VerifyEmailCommand, Result<EmailVerified>>
{
    public async Task<Result<EmailVerified>> Handle(VerifyEmailCommand command, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var hash = LinkToken.Hash(command.Token);
        var registration = await db.Registrations.SingleOrDefaultAsync(r => r.TokenHash == hash, ct);
        if (registration is null || registration.ExpiresAt <= now || await db.Users.AnyAsync(u => u.Email == registration.Email, ct))
            return IdentityErrors.LinkInvalid();

        var user = new User(UserId.New(now), registration.Email, registration.Username, registration.PasswordHash, now);
        user.Verify();
        db.Users.Add(user);
        db.Registrations.RemoveRange(await db.Registrations.Where(r => r.Email == registration.Email).ToListAsync(ct));
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (Exception e) when (e is UniqueValueTakenException or DbUpdateConcurrencyException)
        {
            return IdentityErrors.LinkInvalid(); // the same link was followed twice at once, or the name went elsewhere
        }

        return new EmailVerified(user.Id, throttle.RememberDevice(user.Email));
    }
}
