using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity.ReportReuse;

/// <summary>Records that a set-aside access token was presented, which ended its session, and tells the owner.</summary>
/// <param name="Owner">Whose session it was.</param>
/// <param name="Session">The session that ended.</param>
[AuditAction("sessions.reuse_detected")]
public sealed record ReportReuseCommand(UserId Owner, SessionId Session) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"session:{Session}";
}

internal sealed class ReportReuseCommandValidator : AbstractValidator<ReportReuseCommand>
{
    public ReportReuseCommandValidator() => RuleFor(c => c.Session.Value).NotEmpty();
}

internal sealed class ReportReuseCommandHandler(ReuseNotice notice) : IRequestHandler<ReportReuseCommand, Result<None>>
{
    public async Task<Result<None>> Handle(ReportReuseCommand command, CancellationToken ct)
    {
        await notice.SendAsync(command.Owner);
        return default(None);
    }
}
