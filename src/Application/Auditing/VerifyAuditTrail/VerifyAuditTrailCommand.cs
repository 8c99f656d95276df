using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Auditing.VerifyAuditTrail;

/// <summary>Walks the whole trail and says whether it is as it was written. That somebody asked is itself recorded.</summary>
[AuditAction("auditing.verify")]
public sealed record VerifyAuditTrailCommand : ICommand<AuditVerification>;

internal sealed class VerifyAuditTrailCommandHandler(IAuditTrail trail) : IRequestHandler<VerifyAuditTrailCommand, Result<AuditVerification>>
{
    public async Task<Result<AuditVerification>> Handle(VerifyAuditTrailCommand command, CancellationToken ct) =>
        await trail.VerifyAsync(ct);
}
