using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.Migrate;

/// <summary>Exchanges the tokens of the original service, which lie in a page's localStorage, for a session with cookies; each pair once.</summary>
[AuditAction("identity.migrate", SuccessEvent = "token_migration", FailureEvent = "token_migration")]
public sealed record MigrateCommand(string AccessToken, string RefreshToken) : ICommand<Migrated>, IAuditedProof
{
    public string? AuditProof => Proofs.LegacyTokens;

    public override string ToString() => nameof(MigrateCommand); // keeps the tokens out of every log
}

/// <param name="Answer">A session, or the question for a second factor.</param>
public sealed record Migrated(LoginAnswer Answer) : IAuditedResult
{
    public string? AuditSubject => Answer.AuditSubject;

    public override string ToString() => nameof(Migrated);
}

internal sealed class MigrateCommandValidator : AbstractValidator<MigrateCommand>
{
    private const int LongestToken = 4096;

    public MigrateCommandValidator()
    {
        RuleFor(c => c.AccessToken).NotEmpty().MaximumLength(LongestToken);
        RuleFor(c => c.RefreshToken).NotEmpty().MaximumLength(LongestToken);
    }
}

internal sealed class MigrateCommandHandler(IMusicGenDbContext db, ILegacyTokens tokens, LoginSteps steps, TimeProvider time)
    : IRequestHandler<MigrateCommand, Result<Migrated>>
{
    public async Task<Result<Migrated>> Handle(MigrateCommand command, CancellationToken ct)
    {
        if (await tokens.ReadAsync(command.AccessToken, command.RefreshToken) is not { } legacy)
            return IdentityErrors.TokenInvalid;

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Email == legacy.Email && u.IsVerified && !u.IsDisabled, ct);
        if (user is null || await WasEndedSinceAsync(user, legacy.IssuedAt, ct) || !await SpendAsync(legacy, ct))
            return IdentityErrors.TokenInvalid;

        var answer = await steps.AfterLegacyTokensAsync(user, legacy, ct);
        return answer.IsSuccess ? new Migrated(answer.Value) : answer.Error;
    }

    /// <summary>A password change or log-out-everywhere here ends the older sign-ins of the original as well. An account's first password is no change.</summary>
    private async Task<bool> WasEndedSinceAsync(User user, DateTimeOffset issuedAt, CancellationToken ct) =>
        (user.PasswordChangedAt > user.CreatedAt && user.PasswordChangedAt > issuedAt)
        || await db.Revocations.AnyAsync(r => r.UserId == user.Id && r.Kind == RevocationKind.User && r.At > issuedAt, ct);

    /// <returns>False when the refresh token was spent before, or is being spent by somebody else at this moment.</returns>
    private async Task<bool> SpendAsync(LegacySession legacy, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await db.SpentLegacyTokens.Where(t => t.ExpiresAt < now).ExecuteDeleteAsync(ct); // dead of themselves
        db.SpentLegacyTokens.Add(new SpentLegacyToken(legacy.RefreshJti.ToString("D"), legacy.EndsAt));
        try
        {
            await db.SaveChangesAsync(ct);
            return true;
        }
        catch (UniqueValueTakenException)
        {
            return false;
        }
    }
}
