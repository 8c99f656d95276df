using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetNewPasskeyOptions;

/// <summary>What the caller's browser needs to make a passkey.</summary>
public sealed record GetNewPasskeyOptionsQuery : IQuery<PasskeyRequest>, IRequiresStepUp;

internal sealed class GetNewPasskeyOptionsQueryHandler(
    IMusicGenDbContext db, IPasskeyCeremonies ceremonies, IChallenges challenges, ICurrentUser caller)
    : IRequestHandler<GetNewPasskeyOptionsQuery, Result<PasskeyRequest>>
{
    public async Task<Result<PasskeyRequest>> Handle(GetNewPasskeyOptionsQuery query, CancellationToken ct)
    {
        var id = caller.Required;
        if (await db.Passkeys.CountAsync(p => p.UserId == id, ct) >= Passkey.MaxPerUser)
            return IdentityErrors.FactorLimit;

        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, ct);
        var options = await ceremonies.MakeCreationOptionsAsync(user, ct);
        var challenge = await challenges.OpenAsync(ChallengeKind.NewPasskey, new PasskeyChallenge(id.Value, options.State), ct);
        return new PasskeyRequest(challenge, options.Json);
    }
}
