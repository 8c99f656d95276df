using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.CreatePersonalAccessToken;

/// <summary>Makes a personal access token for the caller and shows its value, this once.</summary>
/// <param name="Name">For people.</param>
/// <param name="Scopes">Of generate, read and admin.</param>
/// <param name="ExpiresInDays">Its life.</param>
/// <param name="RateLimitMinute">Its own requests a minute; null for none of its own.</param>
[AuditAction("identity.create_token")]
public sealed record CreatePersonalAccessTokenCommand(string Name, IReadOnlyList<string> Scopes, int ExpiresInDays, int? RateLimitMinute)
    : ICommand<PersonalTokenMade>, IRequiresStepUp;

/// <param name="Token">All but the value.</param>
/// <param name="Value">The value, which nobody can tell again.</param>
public sealed record PersonalTokenMade(PersonalTokenView Token, string Value) : IAuditedResult
{
    public string? AuditSubject => $"token:{Token.Id}";

    public override string ToString() => nameof(PersonalTokenMade); // keeps the value out of every log
}

internal sealed class CreatePersonalAccessTokenCommandValidator : AbstractValidator<CreatePersonalAccessTokenCommand>
{
    public CreatePersonalAccessTokenCommandValidator()
    {
        RuleFor(c => c.Name).Cascade(CascadeMode.Stop).NotEmpty().MaximumLength(PersonalAccessToken.MaxNameLength)
            .Must(name => !name.Any(char.IsControl)).WithMessage("A name has no line breaks or control characters.");
        RuleFor(c => c.Scopes).Must(scopes => TokenScopeNames.TryParse(scopes, out _)).WithMessage(TokenScopeNames.Choices);
        RuleFor(c => c.ExpiresInDays).InclusiveBetween(1, PersonalAccessToken.MaxDays);
        RuleFor(c => c.RateLimitMinute).InclusiveBetween(1, PersonalAccessToken.MaxRateLimitMinute);
    }
}

internal sealed class CreatePersonalAccessTokenCommandHandler(
    IMusicGenDbContext db, PersonalTokens tokens, AccountMails mails, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<CreatePersonalAccessTokenCommand, Result<PersonalTokenMade>>
{
    public async Task<Result<PersonalTokenMade>> Handle(CreatePersonalAccessTokenCommand command, CancellationToken ct)
    {
        if (TokenScopeNames.TryParse(command.Scopes, out var scopes) && scopes.HasFlag(TokenScopes.Admin) && caller.Role != Role.Admin)
            return IdentityErrors.Forbidden;

        var id = caller.Required;
        var now = time.GetUtcNow();
        var owner = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        if (owner is null)
            return IdentityErrors.UserNotFound;

        var value = PersonalTokenValue.New(id);
        var token = new PersonalAccessToken(
            Guid.CreateVersion7(now), id, command.Name, value.Hash, scopes, command.RateLimitMinute, now, now.AddDays(command.ExpiresInDays));
        db.PersonalAccessTokens.Add(token);
        await db.SaveChangesAsync(ct);
        if (await RefusalAsync(owner, now, ct) is { } refusal)
        {
            await tokens.EndAsync(token, CancellationToken.None);
            return refusal;
        }

        await mails.SendTokenCreatedAsync(owner.Email, command.Name, CancellationToken.None);
        return new PersonalTokenMade(PersonalTokenView.Of(token), value.Text);
    }

    // Asked with the new token in the database, so that nobody who acts at the same moment is missed: of two makers of the
    // last one neither gets past the limit, and whoever disabled the account or changed its password wrote that before
    // they ended its tokens, so either we see it here or they see this token.
    private async Task<Error?> RefusalAsync(User owner, DateTimeOffset now, CancellationToken ct)
    {
        await db.PersonalAccessTokens.Where(t => t.UserId == owner.Id && t.ExpiresAt <= now).ExecuteDeleteAsync(ct);
        if (await db.PersonalAccessTokens.CountAsync(t => t.UserId == owner.Id, ct) > PersonalAccessToken.MaxPerUser)
            return IdentityErrors.TokenLimit;
        return await db.Users.AnyAsync(u => u.Id == owner.Id && !u.IsDisabled && u.PasswordChangedAt == owner.PasswordChangedAt, ct)
            ? null
            : IdentityErrors.TokenInvalid;
    }
}
