using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.DeleteAccount;

/// <summary>Deletes the caller's account and everything in it, at once and for good.</summary>
/// <param name="Password">The account's.</param>
/// <param name="Code">Of the authenticator app, or a recovery code, where there is a second factor and the session isn't stepped up.</param>
[AuditAction("identity.delete_account")]
public sealed record DeleteAccountCommand(string Password, string? Code) : ICommand<DeletionReceipt>, IAuditedProof
{
    public string? AuditProof => Proofs.Password;

    public override string ToString() => nameof(DeleteAccountCommand); // keeps the secrets out of every log
}

internal sealed class DeleteAccountCommandValidator : AbstractValidator<DeleteAccountCommand>
{
    public DeleteAccountCommandValidator()
    {
        RuleFor(c => c.Password).CheckedPassword();
        RuleFor(c => c.Code).RecoveryCode(); // longer than any code of an app
    }
}

internal sealed class DeleteAccountCommandHandler(
    IMusicGenDbContext db, PasswordProof password, SecondProof second, LastAdmin lastAdmin, AccountRemoval removal, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<DeleteAccountCommand, Result<DeletionReceipt>>
{
    public async Task<Result<DeletionReceipt>> Handle(DeleteAccountCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        var refusal = await password.CheckAsync(user, command.Password, ct)
            ?? await CheckSecondAsync(id, command.Code, ct)
            ?? await lastAdmin.RefusalAsync(user, ct);
        if (refusal is not null)
            return refusal;

        // Shut in one save with the roster: from here on somebody else's look finds one administrator less.
        user.StartDeletion(time.GetUtcNow());
        return await db.TrySaveAsync(ct) ? await removal.RemoveAsync(user) : LastAdmin.Busy;
    }

    private async Task<Error?> CheckSecondAsync(UserId id, string? code, CancellationToken ct)
    {
        if (Pipeline.StepUp.IsFresh(caller.SteppedUpAt, time.GetUtcNow()))
            return null;
        var isOfApp = code is { Length: 6 } && code.All(char.IsAsciiDigit);
        return await second.CheckCodeAsync(id, isOfApp ? code : null, isOfApp ? null : code, ct);
    }
}
