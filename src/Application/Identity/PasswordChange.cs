using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Identity;

/// <summary>Everything that a new password brings with it, whichever way it came.</summary>
internal sealed class PasswordChange(
    IMusicGenDbContext db, IPasswordHasher hasher, ISessionStore sessions, PersonalTokens tokens, AccountMails mails, TimeProvider time)
{
    /// <summary>A reset link of the user was followed, or went, while the password was being set; nothing was done.</summary>
    public static Error Busy => Error.Unavailable("The password was being changed at this very moment. Try again.", TimeSpan.FromSeconds(1));

    /// <summary>Sets it, ends the user's open reset links, sessions and personal access tokens, and tells the owner.</summary>
    /// <param name="user">A tracked user.</param>
    /// <param name="password">In the right length already.</param>
    /// <param name="except">The session that stays.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null, or why not.</returns>
    public async Task<Error?> ApplyAsync(User user, string password, SessionId? except, CancellationToken ct)
    {
        if (PasswordRules.Refusal(password, user.Email.Value, user.Username) is { } reason)
            return Error.Invalid("new_password", reason);
        var hash = await hasher.HashAsync(password, ct);
        if (!hash.IsSuccess)
            return hash.Error;

        user.ChangePassword(hash.Value, time.GetUtcNow());
        db.PasswordResets.RemoveRange(await db.PasswordResets.Where(r => r.UserId == user.Id).ToListAsync(ct));
        if (!await db.TrySaveAsync(ct))
            return Busy;

        await sessions.CloseAllAsync(user.Id, except, CancellationToken.None); // no way back once the password is set
        await tokens.EndAllAsync(user.Id, CancellationToken.None);
        await mails.SendPasswordChangedAsync(user.Email, CancellationToken.None);
        return null;
    }
}
