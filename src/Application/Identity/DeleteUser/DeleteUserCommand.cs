using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.DeleteUser;

/// <summary>Deletes somebody's account: for an operator, and for the job that ends what a dead process began.</summary>
[AuditAction("identity.delete_user")]
public sealed record DeleteUserCommand(string User) : ICommand<DeletionReceipt>, IAuditedSubject
{
    public string? AuditSubject => UserReference.AuditSubject(User);

    public override string ToString() => nameof(DeleteUserCommand); // keeps the address out of every log
}

internal sealed class DeleteUserCommandValidator : AbstractValidator<DeleteUserCommand>
{
    public DeleteUserCommandValidator() => RuleFor(c => c.User).UserReferenceText();
}

internal sealed class DeleteUserCommandHandler(IMusicGenDbContext db, AccountRemoval removal)
    : IRequestHandler<DeleteUserCommand, Result<DeletionReceipt>>
{
    public async Task<Result<DeletionReceipt>> Handle(DeleteUserCommand command, CancellationToken ct) =>
        await db.FindByReferenceAsync(command.User, ct) is { } user
            ? await removal.RemoveAsync(user)
            : IdentityErrors.UserNotFound;
}
