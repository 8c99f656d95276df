using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Sessions.RevokeSession;

/// <summary>Ends one of the caller's sessions; another than their own only where they proved lately who they are.</summary>
[AuditAction("sessions.revoke")]
public sealed record RevokeSessionCommand(string Id) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => SessionId.TryParse(Id, out var id) ? $"session:{id}" : null;
}

internal sealed class RevokeSessionCommandValidator : AbstractValidator<RevokeSessionCommand>
{
    public RevokeSessionCommandValidator() => RuleFor(c => c.Id).NotEmpty().MaximumLength(64);
}

internal sealed class RevokeSessionCommandHandler(ISessionStore sessions, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<RevokeSessionCommand, Result<None>>
{
    public async Task<Result<None>> Handle(RevokeSessionCommand command, CancellationToken ct)
    {
        if (!SessionId.TryParse(command.Id, out var id))
            return SessionErrors.NotFound;
        if (id != caller.Session && !RecentProof.Suffices(caller, time.GetUtcNow()))
            return IdentityErrors.StepUpRequired;
        return await sessions.CloseAsync(caller.Required, id, ct) ? default(None) : SessionErrors.NotFound;
    }
}
