using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.Register;

/// <summary>Asks for an account.</summary>
[AuditAction("identity.register", SuccessEvent = "registration", FailureEvent = "registration")]
public sealed record RegisterCommand(string Email, string Username, string Password) : ICommand<Registered>, IAuditedEmail
{
    public override string ToString() => nameof(RegisterCommand); // keeps the password out of every log
}

/// <param name="SignedIn">The account's first session; null where the e-mail address must be proved first.</param>
public sealed record Registered(SignedIn? SignedIn) : IAuditedResult
{
    public string? AuditSubject => SignedIn is null ? null : $"user:{SignedIn.User.Id}";
}

internal sealed class RegisterCommandValidator : AbstractValidator<RegisterCommand>
{
    public RegisterCommandValidator(IBreachedPasswords breached)
    {
        RuleFor(c => c.Email).EmailAddressOfOurs();
        RuleFor(c => c.Username).Username();
        RuleFor(c => c.Password).NewPassword(breached)
            .Custom((password, context) =>
            {
                if (PasswordRules.Refusal(password, context.InstanceToValidate.Email ?? string.Empty, context.InstanceToValidate.Username ?? string.Empty) is { } reason)
                    context.AddFailure(reason);
            });
    }
}

internal sealed class RegisterCommandHandler(
    IMusicGenDbContext db, IPasswordHasher hasher, SignIn signIn, AccountRules accounts, TimeProvider time)
    : IRequestHandler<RegisterCommand, Result<Registered>>
{
    public async Task<Result<Registered>> Handle(RegisterCommand command, CancellationToken ct)
    {
        if (accounts.RegistrationRefusal is { } refusal)
            return refusal;

        var email = Email.Normalise(command.Email);
        var hash = await hasher.HashAsync(command.Password, ct); // before the look-up: a used address costs the same
        if (!hash.IsSuccess)
            return hash.Error;
        if (await accounts.IsUsernameTakenAsync(command.Username, ct))
            return IdentityErrors.UsernameTaken;

        return accounts.Policy.VerificationIsRequired
            ? await HoldAsync(email, command.Username, hash.Value, ct)
            : await CreateAsync(email, command.Username, hash.Value, ct);
    }

    private async Task<Result<Registered>> CreateAsync(Email email, string username, string passwordHash, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var user = new User(UserId.New(now), email, username, passwordHash, now);
        user.Verify();
        if (await accounts.AddAsync(user, ct) is { } refusal)
            return refusal;

        var signedIn = await signIn.OpenFirstAsync(user, ct);
        return signedIn.IsSuccess ? new Registered(signedIn.Value) : signedIn.Error;
    }

    // A used address is held and answered like a new one; only its owner learns of it, by mail.
    private async Task<Result<Registered>> HoldAsync(Email email, string username, string passwordHash, CancellationToken ct)
    {
        var token = LinkToken.New();
        var now = time.GetUtcNow();
        db.Registrations.Add(new Registration(Guid.CreateVersion7(now), email, username, passwordHash, LinkToken.Hash(token), now));
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (UniqueValueTakenException)
        {
            return IdentityErrors.UsernameTaken;
        }

        if (await db.Users.AnyAsync(u => u.Email == email, ct))
            await accounts.Mails.SendAlreadyRegisteredAsync(email, ct);
        else
            await accounts.Mails.SendVerificationAsync(email, token, ct);
        return new Registered(SignedIn: null);
    }
}
