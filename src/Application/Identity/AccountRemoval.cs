using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// Removes an account. It is shut first, and its row goes last, so that whoever dies in between leaves an account that
/// nobody can enter and that the recurring job finds; every step may be repeated.
/// </summary>
internal sealed class AccountRemoval(
    IMusicGenDbContext db, ISessionStore sessions, PersonalTokens tokens, MusicRemoval music, ExportRemoval exports, IAccountTraces traces,
    IMessageAuthenticator authenticator, AccountMails mails, TimeProvider time)
{
    /// <summary>Doesn't stop half-way because somebody hangs up.</summary>
    /// <param name="user">A tracked user.</param>
    public async Task<DeletionReceipt> RemoveAsync(User user)
    {
        var ct = CancellationToken.None;
        user.StartDeletion(time.GetUtcNow());
        await db.TrySaveAsync(ct);

        var ended = new Removed(default, await sessions.CloseAllAsync(user.Id, except: null, ct), await tokens.EndAllAsync(user.Id, ct));
        await sessions.RefreshAccountAsync(user, ct); // a session that was being opened at this moment ends here
        var removed = ended with { Music = await music.RemoveAllAsync(user.Id, ct) };
        await exports.RemoveAsync(e => e.UserId == user.Id, ct);
        await db.Registrations.Where(r => r.Email == user.Email).ExecuteDeleteAsync(ct);
        await traces.EraseAsync(user.Id, ct);
        await db.Users.Where(u => u.Id == user.Id).ExecuteDeleteAsync(ct); // and with it whatever belongs to it: factors, links, batches

        var receipt = DeletionReceipt.Sign(user.Id, removed, time.GetUtcNow(), authenticator);
        await mails.SendAccountDeletedAsync(user.Email, receipt.Id, ct);
        return receipt;
    }
}

/// <summary>What went with an account.</summary>
internal sealed record Removed(RemovedMusic Music, int Sessions, int Tokens);
