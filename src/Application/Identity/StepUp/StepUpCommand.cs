using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.StepUp;

/// <summary>Proves once more who the caller is; opens what is sensitive to their session for ten minutes.</summary>
[AuditAction("identity.step_up")]
public sealed record StepUpCommand(string Password) : ICommand<SteppedUp>
{
    public override string ToString() => nameof(StepUpCommand); // keeps the password out of every log
}

/// <param name="Session">Whose session.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
public sealed record SteppedUp(SessionId Session, DateTimeOffset ExpiresAt) : IAuditedResult
{
    public string? AuditSubject => $"session:{Session}";
}

internal sealed class StepUpCommandValidator : AbstractValidator<StepUpCommand>
{
    public StepUpCommandValidator() => RuleFor(c => c.Password).CheckedPassword();
}

internal sealed class StepUpCommandHandler(
    IMusicGenDbContext db, ISignInThrottle throttle, IPasswordHasher hasher, ISessionStore sessions, ICurrentUser caller)
    : IRequestHandler<StepUpCommand, Result<SteppedUp>>
{
    public async Task<Result<SteppedUp>> Handle(StepUpCommand command, CancellationToken ct)
    {
        if (caller is not { Id: { } id, Session: { } session })
            return IdentityErrors.AuthenticationRequired;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;

        var attempt = await throttle.BeginAsync(user.Email, ct); // a stolen session buys no free guesses
        if (!attempt.IsAllowed)
            return IdentityErrors.TooManyAttempts(attempt.RetryAfter);

        var match = await hasher.VerifyAsync(user.PasswordHash, command.Password, ct);
        if (match.IsSuccess && !match.Value.IsMatch)
            return IdentityErrors.InvalidCredentials;
        await attempt.ReturnAsync(ct);
        if (!match.IsSuccess)
            return match.Error;

        return await sessions.StepUpAsync(id, session, ct) is { } at
            ? new SteppedUp(session, at + Pipeline.StepUp.Lifetime)
            : SessionErrors.Ended;
    }
}
