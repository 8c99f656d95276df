using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>What every way to a new account asks first.</summary>
internal sealed class AccountRules(IMusicGenDbContext db, AccountPolicy policy, AccountMails mails, TimeProvider time)
{
    public AccountPolicy Policy => policy;

    public AccountMails Mails => mails;

    /// <summary>Why this server takes no registration now, or null.</summary>
    public Error? RegistrationRefusal => policy switch
    {
        { RegistrationIsOpen: false } => IdentityErrors.RegistrationClosed,
        { VerificationIsRequired: true } when !mails.IsAvailable => IdentityErrors.MailUnavailable,
        _ => null,
    };

    /// <summary>Whether an account has the name or a living registration holds it; a dead one goes.</summary>
    public async Task<bool> IsUsernameTakenAsync(string username, CancellationToken ct)
    {
        var key = Username.Key(username);
        if (await db.Users.AnyAsync(u => u.UsernameKey == key, ct))
            return true;

        // In one statement: several may ask for a name at once, and the row is gone for all of them.
        var now = time.GetUtcNow();
        await db.Registrations.Where(r => r.UsernameKey == key && r.ExpiresAt <= now).ExecuteDeleteAsync(ct);
        return await db.Registrations.AnyAsync(r => r.UsernameKey == key, ct);
    }

    /// <summary>Adds an account and saves.</summary>
    /// <returns>Null, or why not.</returns>
    public async Task<Error?> AddAsync(User user, CancellationToken ct)
    {
        if (await db.Users.AnyAsync(u => u.Email == user.Email, ct))
            return IdentityErrors.EmailTaken;
        db.Users.Add(user);
        try
        {
            await db.SaveChangesAsync(ct);
            return null;
        }
        catch (UniqueValueTakenException)
        {
            // Somebody was faster by a moment; the row that won says with what.
            return await db.Users.AnyAsync(u => u.Email == user.Email, ct) ? IdentityErrors.EmailTaken : IdentityErrors.UsernameTaken;
        }
    }
}
