using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.WarnOfGuesses;

/// <summary>Tells an owner that strangers guess at their password (ASVS 6.3.5).</summary>
/// <param name="Owner">Whose account it is.</param>
[AuditAction("identity.warn_of_guesses")]
public sealed record WarnOfGuessesCommand(UserId Owner) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"user:{Owner}";
}

internal sealed class WarnOfGuessesCommandValidator : AbstractValidator<WarnOfGuessesCommand>
{
    public WarnOfGuessesCommandValidator() => RuleFor(c => c.Owner.Value).NotEmpty();
}

internal sealed class WarnOfGuessesCommandHandler(IMusicGenDbContext db, AccountMails mails) : IRequestHandler<WarnOfGuessesCommand, Result<None>>
{
    public async Task<Result<None>> Handle(WarnOfGuessesCommand command, CancellationToken ct)
    {
        var owner = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == command.Owner, ct);
        if (owner is null)
            return IdentityErrors.UserNotFound;
        await mails.SendGuessWarningAsync(owner.Email, ct);
        return default(None);
    }
}
