using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Auditing.AdoptAuditTrail;

/// <summary>
/// An operator vouches for the trail as it is, where its signed heads were lost: after a move to another Redis and another
/// folder, say. Only the command line can; that it was done is itself an entry.
/// </summary>
[AuditAction("auditing.adopt")]
public sealed record AdoptAuditTrailCommand : ICommand<AuditAdopted>;

/// <param name="Last">The last entry that the new heads vouch for; null for an empty trail.</param>
public sealed record AuditAdopted(long? Last) : IAuditedResult
{
    public string? AuditSubject => Last is { } last ? $"entries:-{last}" : null;
}

internal sealed class AdoptAuditTrailCommandHandler(IAuditTrail trail) : IRequestHandler<AdoptAuditTrailCommand, Result<AuditAdopted>>
{
    public async Task<Result<AuditAdopted>> Handle(AdoptAuditTrailCommand command, CancellationToken ct) => new AuditAdopted(await trail.AdoptAsync(ct));
}
