using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.Login;

/// <summary>Opens a session, or begins one that waits for the second factor of whoever has one.</summary>
[AuditAction("identity.login", SuccessEvent = "login_success", FailureEvent = "login_failed", ThrottledEvent = "login_rate_limited")]
public sealed record LoginCommand(string Email, string Password, bool RememberMe) : ICommand<LoginAnswer>, IAuditedEmail, IAuditedProof
{
    public string? AuditProof => Proofs.Password;

    public override string ToString() => nameof(LoginCommand); // keeps the password out of every log
}

internal sealed class LoginCommandValidator : AbstractValidator<LoginCommand>
{
    public LoginCommandValidator()
    {
        RuleFor(c => c.Email).EmailAddressOfOurs();
        RuleFor(c => c.Password).CheckedPassword();
    }
}

internal sealed class LoginCommandHandler(
    IMusicGenDbContext db, ISignInThrottle throttle, IPasswordHasher hasher, LoginSteps steps, UnverifiedRegistrations unverified)
    : IRequestHandler<LoginCommand, Result<LoginAnswer>>
{
    public async Task<Result<LoginAnswer>> Handle(LoginCommand command, CancellationToken ct)
    {
        // One form for throttle and look-up: else "A@x.org" and "a@x.org" have two counters and one account.
        var email = Email.Normalise(command.Email);
        var attempt = await throttle.BeginAsync(email, ct);
        if (!attempt.IsAllowed)
            return IdentityErrors.TooManyAttempts(attempt.RetryAfter);

        // The same look-ups and one hash for every address, so that time does not reveal which ones have an account.
        var user = await db.Users.SingleOrDefaultAsync(u => u.Email == email, ct);
        var waiting = await unverified.FindAsync(email, ct);
        var match = await hasher.VerifyAsync(user is null ? waiting?.PasswordHash : user.PasswordHash, command.Password, ct);
        if (!match.IsSuccess)
        {
            await attempt.ReturnAsync(ct);
            return match.Error;
        }

        if (!match.Value.IsMatch || user?.IsDisabled == true)
            return IdentityErrors.InvalidCredentials;
        if (user is null)
        {
            await attempt.ReturnAsync(ct);
            return await unverified.SendLinkAgainAsync(waiting!, ct);
        }

        if (match.Value.NeedsRehash)
            await RehashAsync(user, command.Password, ct);
        return await steps.AfterPasswordAsync(user, command.RememberMe, attempt, ct);
    }

    // Today's settings can wait for the next sign-in when the hasher is busy. In one statement, and only over the hash
    // that was compared: else an owner who changes the password at this moment would get the old one back.
    private async Task RehashAsync(User user, string password, CancellationToken ct)
    {
        var hash = await hasher.HashAsync(password, ct);
        if (!hash.IsSuccess)
            return;
        await db.Users.Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash.Value), ct);
    }
}
