using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.CreateUser;

/// <summary>An operator makes an account; nobody needs to prove its address.</summary>
/// <param name="Email">Its address.</param>
/// <param name="Username">Its public name.</param>
/// <param name="Password">Under the rules of any password.</param>
/// <param name="Role">user or admin; null for user.</param>
/// <param name="Tier">free, premium (or pro) or enterprise; null for free.</param>
[AuditAction("identity.create_user")]
public sealed record CreateUserCommand(string Email, string Username, string Password, string? Role, string? Tier) : ICommand<AccountView>, IAuditedEmail
{
    public override string ToString() => nameof(CreateUserCommand); // keeps the password out of every log
}

internal sealed class CreateUserCommandValidator : AbstractValidator<CreateUserCommand>
{
    public CreateUserCommandValidator(IBreachedPasswords breached)
    {
        RuleFor(c => c.Email).EmailAddressOfOurs();
        RuleFor(c => c.Username).Username();
        RuleFor(c => c.Role).Must(r => r is null || RoleNames.TryParse(r, out _)).WithMessage(RoleNames.Choices);
        RuleFor(c => c.Tier).Must(t => t is null || TierNames.TryParse(t, out _)).WithMessage("Choose free, premium or enterprise.");
        RuleFor(c => c.Password).NewPassword(breached)
            .Custom((password, context) =>
            {
                if (PasswordRules.Refusal(password, context.InstanceToValidate.Email ?? string.Empty, context.InstanceToValidate.Username ?? string.Empty) is { } reason)
                    context.AddFailure(reason);
            });
    }
}

internal sealed class CreateUserCommandHandler(IPasswordHasher hasher, AccountRules accounts, TimeProvider time)
    : IRequestHandler<CreateUserCommand, Result<AccountView>>
{
    public async Task<Result<AccountView>> Handle(CreateUserCommand command, CancellationToken ct)
    {
        var hash = await hasher.HashAsync(command.Password, ct);
        if (!hash.IsSuccess)
            return hash.Error;
        if (await accounts.IsUsernameTakenAsync(command.Username, ct))
            return IdentityErrors.UsernameTaken;

        var now = time.GetUtcNow();
        var user = new User(UserId.New(now), Email.Normalise(command.Email), command.Username, hash.Value, now);
        user.Verify();
        if (RoleNames.TryParse(command.Role, out var role))
            user.ChangeRole(role);
        if (TierNames.TryParse(command.Tier, out var tier))
            user.ChangeTier(tier);
        return await accounts.AddAsync(user, ct) is { } refusal ? refusal : AccountView.Of(user);
    }
}
