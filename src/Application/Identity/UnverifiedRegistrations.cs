using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Registrations whose e-mail address isn't proved yet, as sign-in sees them.</summary>
internal sealed class UnverifiedRegistrations(IMusicGenDbContext db, AccountMails mails, TimeProvider time)
{
    /// <summary>
    /// The latest one of an address. Only one is looked at, because checking several would take longer than checking none.
    /// </summary>
    public Task<Registration?> FindAsync(Email email, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return db.Registrations.Where(r => r.Email == email && r.ExpiresAt > now).OrderByDescending(r => r.CreatedAt).FirstOrDefaultAsync(ct);
    }

    /// <summary>Sends a new link; the old one stops working.</summary>
    /// <returns>Why whoever signs in isn't signed in.</returns>
    public async Task<Error> SendLinkAgainAsync(Registration registration, CancellationToken ct)
    {
        var token = LinkToken.New();
        registration.Renew(LinkToken.Hash(token), time.GetUtcNow());
        if (!await db.TrySaveAsync(ct))
            return Error.Unavailable("The e-mail address was being confirmed at this very moment. Try again.", TimeSpan.FromSeconds(1));
        await mails.SendVerificationAsync(registration.Email, token, ct);
        return IdentityErrors.EmailUnverified;
    }
}
