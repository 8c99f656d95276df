using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RevokePersonalAccessToken;

/// <summary>Ends one of the caller's personal access tokens.</summary>
[AuditAction("identity.revoke_token")]
public sealed record RevokePersonalAccessTokenCommand(string Id) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => Guid.TryParseExact(Id, "D", out var id) ? $"token:{id:D}" : null;
}

internal sealed class RevokePersonalAccessTokenCommandValidator : AbstractValidator<RevokePersonalAccessTokenCommand>
{
    public RevokePersonalAccessTokenCommandValidator() => RuleFor(c => c.Id).NotEmpty().MaximumLength(64);
}

internal sealed class RevokePersonalAccessTokenCommandHandler(IMusicGenDbContext db, PersonalTokens tokens, ICurrentUser caller)
    : IRequestHandler<RevokePersonalAccessTokenCommand, Result<None>>
{
    public async Task<Result<None>> Handle(RevokePersonalAccessTokenCommand command, CancellationToken ct)
    {
        if (!Guid.TryParseExact(command.Id, "D", out var id))
            return IdentityErrors.TokenNotFound;
        var user = caller.Required;
        var token = await db.PersonalAccessTokens.SingleOrDefaultAsync(t => t.Id == id && t.UserId == user, ct);
        return token is not null && await tokens.EndAsync(token, ct) ? default(None) : IdentityErrors.TokenNotFound;
    }
}
