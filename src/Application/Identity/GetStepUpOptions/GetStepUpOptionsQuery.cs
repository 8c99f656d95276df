using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.GetStepUpOptions;

/// <summary>What the caller's browser needs to step up by a passkey.</summary>
public sealed record GetStepUpOptionsQuery : IQuery<PasskeyRequest>;

internal sealed class GetStepUpOptionsQueryHandler(IMusicGenDbContext db, PasskeyProof passkeys, ICurrentUser caller)
    : IRequestHandler<GetStepUpOptionsQuery, Result<PasskeyRequest>>
{
    public async Task<Result<PasskeyRequest>> Handle(GetStepUpOptionsQuery query, CancellationToken ct)
    {
        var id = caller.Required;
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, ct);
        return await passkeys.BeginAsync(ChallengeKind.StepUp, user, userVerification: true, ct);
    }
}
