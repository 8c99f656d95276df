using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;

namespace MusicGen.Application.Identity;

/// <summary>The seeds of all authenticator apps, when the secret that seals them changes.</summary>
internal sealed class FactorSeeds(IMusicGenDbContext db, ITotp totp) : IResealable
{
    public async Task<int> ResealAsync(CancellationToken ct)
    {
        var count = 0;
        foreach (var app in await db.AuthenticatorApps.AsNoTracking().ToListAsync(ct))
        {
            // One statement each, over the seed that we saw: a code that is taken meanwhile loses nothing by it.
            if (totp.Reseal(app.UserId, app.SealedSeed) is { } anew)
                count += await db.AuthenticatorApps.Where(a => a.UserId == app.UserId && a.SealedSeed == app.SealedSeed)
                    .ExecuteUpdateAsync(set => set.SetProperty(a => a.SealedSeed, anew), ct);
        }

        return count;
    }
}
