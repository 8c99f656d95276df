using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Which second factors a user has, and the recovery codes that come and go with them.</summary>
internal sealed class Factors(
    IMusicGenDbContext db, ISessionStore sessions, AccountPolicy policy, AccountMails mails, ICurrentUser caller, TimeProvider time)
{
    /// <summary>Two changes met, and the other one was first.</summary>
    public static Error Busy => Error.Unavailable("The second factors were being changed at this very moment. Try again.", TimeSpan.FromSeconds(1));

    /// <summary>The kinds that pass for the user: totp, passkey, recovery_code; empty for whoever has no second factor.</summary>
    public async Task<IReadOnlyList<string>> KindsAsync(UserId user, CancellationToken ct)
    {
        List<string> kinds = [];
        if (await db.AuthenticatorApps.AnyAsync(a => a.UserId == user && a.ConfirmedAt != null, ct))
            kinds.Add("totp");
        if (await db.Passkeys.AnyAsync(p => p.UserId == user, ct))
            kinds.Add("passkey");
        if (kinds.Count > 0 && await db.RecoveryCodes.AnyAsync(c => c.UserId == user && c.UsedAt == null, ct))
            kinds.Add("recovery_code");
        return kinds;
    }

    /// <summary>Puts new recovery codes in place of all that there are; the caller saves.</summary>
    /// <returns>The codes; they can't be read again.</returns>
    public async Task<IReadOnlyList<string>> RenewCodesAsync(UserId user, CancellationToken ct)
    {
        await RemoveCodesAsync(user, ct);
        string[] codes = [.. Enumerable.Range(0, RecoveryCode.Count).Select(_ => RecoveryCodeText.New())];
        var now = time.GetUtcNow();
        db.RecoveryCodes.AddRange(codes.Select(code => new RecoveryCode(Guid.CreateVersion7(now), user, RecoveryCodeText.Hash(code), now)));
        return codes;
    }

    /// <summary>Takes the recovery codes away; the caller saves.</summary>
    public async Task RemoveCodesAsync(UserId user, CancellationToken ct) =>
        db.RecoveryCodes.RemoveRange(await db.RecoveryCodes.Where(c => c.UserId == user).ToListAsync(ct));

    /// <summary>Why the caller may not remove the last of their factors, or null.</summary>
    public Error? LastRefusal => policy.RequiresSecondFactor(caller.Role) ? IdentityErrors.SecondFactorRequired : null;

    /// <summary>The caller has just proved a new factor: their session is one of two factors from now on, and the owner is told.</summary>
    public async Task AddedAsync(UserId user, string change)
    {
        if (caller.Session is { } session)
            await sessions.StepUpAsync(user, session, SessionProof.TwoFactors, CancellationToken.None);
        await TellAsync(user, change);
    }

    /// <summary>Tells the owner what happened to their factors.</summary>
    public async Task TellAsync(UserId user, string change)
    {
        // It has happened: whoever hangs up now mustn't keep the owner from learning it.
        var email = await db.Users.Where(u => u.Id == user).Select(u => u.Email).SingleAsync(CancellationToken.None);
        await mails.SendFactorChangedAsync(email, change, CancellationToken.None);
    }
}
