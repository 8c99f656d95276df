using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;

namespace MusicGen.Application.Auditing.TrimAuditTrail;

/// <summary>
/// Removes the entries before a moment. A broken trail isn't trimmed: the removal would take the evidence with it.
/// </summary>
[AuditAction("auditing.trim")]
public sealed record TrimAuditTrailCommand(DateTimeOffset Before) : ICommand<AuditTrim?>;

internal sealed class TrimAuditTrailCommandValidator : AbstractValidator<TrimAuditTrailCommand>
{
    public TrimAuditTrailCommandValidator(TimeProvider time) =>
        RuleFor(c => c.Before).LessThanOrEqualTo(_ => time.GetUtcNow()).WithMessage("Choose a moment in the past.");
}

internal sealed class TrimAuditTrailCommandHandler(IAuditTrail trail) : IRequestHandler<TrimAuditTrailCommand, Result<AuditTrim?>>
{
    public async Task<Result<AuditTrim?>> Handle(TrimAuditTrailCommand command, CancellationToken ct)
    {
        var verification = await trail.VerifyAsync(ct);
        if (verification.Problem is { } problem)
            return AuditingErrors.Broken(problem);
        return await trail.TrimAsync(command.Before, ct);
    }
}
