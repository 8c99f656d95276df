using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Sessions.ReplaceSession;

/// <summary>Ends the session that a browser had, because somebody has signed in there and got another (ASVS 7.2.4).</summary>
/// <param name="Owner">Whose the earlier one is.</param>
/// <param name="Earlier">The session of the cookies that came.</param>
/// <param name="By">The new one.</param>
[AuditAction("sessions.replace")]
public sealed record ReplaceSessionCommand(UserId Owner, SessionId Earlier, SessionId By) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"session:{Earlier}";
}

internal sealed class ReplaceSessionCommandValidator : AbstractValidator<ReplaceSessionCommand>
{
    public ReplaceSessionCommandValidator() =>
        RuleFor(c => c.Earlier).Must((command, earlier) => earlier != command.By).WithMessage("A session doesn't replace itself.");
}

internal sealed class ReplaceSessionCommandHandler(ISessionStore sessions) : IRequestHandler<ReplaceSessionCommand, Result<None>>
{
    public async Task<Result<None>> Handle(ReplaceSessionCommand command, CancellationToken ct)
    {
        // Where another tab that signed in at the same moment was first, there is nothing left to end.
        await sessions.CloseAsync(command.Owner, command.Earlier, ct);
        return default(None);
    }
}
