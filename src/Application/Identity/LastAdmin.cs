using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// Keeps a service from losing its last administrator over HTTP, after which nobody could appoint another there. An
/// operator on the command line can, and so may do as they like.
/// </summary>
internal sealed class LastAdmin(IMusicGenDbContext db, ICurrentUser caller)
{
    /// <summary>Two administrators were being changed, and the other one was first.</summary>
    public static Error Busy => Error.Unavailable("Administrators were being changed at this very moment. Try again.", TimeSpan.FromSeconds(1));

    /// <summary>
    /// Why a user may not cease to be an enabled administrator, or null. What is changed with it must be saved with it, by
    /// <see cref="Saving.TrySaveAsync"/>: where that fails, <see cref="Busy"/> is the answer.
    /// </summary>
    /// <param name="user">A tracked user.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Error?> RefusalAsync(User user, CancellationToken ct)
    {
        if (user is not { Role: Role.Admin, IsDisabled: false })
            return null;

        // The roster first: whoever goes after this reading has written it, and then our own writing of it fails.
        var roster = await db.AdminRoster.SingleAsync(r => r.Id == AdminRoster.OnlyId, ct);
        if (caller.Id is not null && !await db.Users.AnyAsync(u => u.Id != user.Id && u.Role == Role.Admin && !u.IsDisabled, ct))
            return IdentityErrors.LastAdmin;
        roster.NoteDeparture();
        return null;
    }
}
