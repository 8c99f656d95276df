using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Tells the owner that a spent token was presented and what it ended.</summary>
internal sealed class ReuseNotice(IMusicGenDbContext db, AccountMails mails, ICurrentUser caller)
{
    /// <remarks>It can't be cancelled: a thief who hangs up must not keep the owner from knowing.</remarks>
    public async Task SendAsync(UserId owner)
    {
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == owner) is { } user)
            await mails.SendSessionReusedAsync(user.Email, caller.UserAgent, caller.Address, CancellationToken.None);
    }
}
