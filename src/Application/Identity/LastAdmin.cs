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
    /// <summary>Why a user may not cease to be an enabled administrator, or null.</summary>
    public async Task<Error?> RefusalAsync(User user, CancellationToken ct) =>
        caller.Id is not null
        && user is { Role: Role.Admin, IsDisabled: false }
        && !await db.Users.AnyAsync(u => u.Id != user.Id && u.Role == Role.Admin && !u.IsDisabled, ct)
            ? IdentityErrors.LastAdmin
            : null;
}
