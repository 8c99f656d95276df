using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>The seals over passkeys' rows, for a change of JWT_SECRET_KEY. A row whose seal isn't ours stays refused.</summary>
internal sealed class PasskeySeals(IMusicGenDbContext db, IMessageAuthenticator authenticator) : IResealable
{
    public async Task<int> ResealAsync(CancellationToken ct)
    {
        var count = 0;
        foreach (var passkey in await db.Passkeys.ToListAsync(ct))
        {
            if (authenticator.Verify(Passkey.SealPurpose, passkey.SealedText, passkey.Seal)
                && passkey.Sign(authenticator.Sign(Passkey.SealPurpose, passkey.SealedText)))
            {
                count++;
            }
        }

        await db.SaveChangesAsync(ct);
        return count;
    }
}
