using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.CreateResetLink;

/// <summary>Makes a one-use link to a new password, for an operator to hand over where there is no mail.</summary>
[AuditAction("identity.create_reset_link", SuccessEvent = "password_reset_requested")]
public sealed record CreateResetLinkCommand(string User) : ICommand<ResetLink>, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(CreateResetLinkCommand); // keeps the address out of every log
}

/// <param name="User">Whose password it sets.</param>
/// <param name="Url">The link; the token stands last, after <c>#</c>.</param>
/// <param name="ExpiresAt">Until when it works.</param>
public sealed record ResetLink(UserId User, string Url, DateTimeOffset ExpiresAt) : IAuditedResult
{
    public string? AuditSubject => $"user:{User}";

    public override string ToString() => nameof(ResetLink); // keeps the token out of every log
}

internal sealed class CreateResetLinkCommandValidator : AbstractValidator<CreateResetLinkCommand>
{
    public CreateResetLinkCommandValidator() => RuleFor(c => c.User).UserReferenceText();
}

internal sealed class CreateResetLinkCommandHandler(IMusicGenDbContext db, AccountMails mails, TimeProvider time)
    : IRequestHandler<CreateResetLinkCommand, Result<ResetLink>>
{
    public async Task<Result<ResetLink>> Handle(CreateResetLinkCommand command, CancellationToken ct)
    {
        var user = await db.FindByReferenceAsync(command.User, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        var now = time.GetUtcNow();
        var token = LinkToken.New();
        var reset = new PasswordReset(Guid.CreateVersion7(now), user.Id, LinkToken.Hash(token), now);
        db.PasswordResets.Add(reset);
        await db.SaveChangesAsync(ct);
        return new ResetLink(user.Id, mails.ResetLink(token), reset.ExpiresAt);
    }
}
