using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Identity;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Our users and passkeys as the framework's passkey handler asks for them. It only reads: accounts and passkeys are
/// changed by use cases, which are audited. A passkey whose row was changed by other means is none (ASVS 6.7.1).
/// </summary>
internal sealed partial class PasskeyUserStore(IMusicGenDbContext db, IMessageAuthenticator authenticator, ILogger<PasskeyUserStore> logger)
    : IUserPasskeyStore<User>
{
    public Task<string> GetUserIdAsync(User user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString());

    public Task<string?> GetUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Username);

    public Task<string?> GetNormalizedUserNameAsync(User user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.UsernameKey);

    public async Task<User?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        UserId.TryParse(userId, out var id) ? await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken) : null;

    public async Task<User?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.UsernameKey == normalizedUserName, cancellationToken);

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(User user, CancellationToken cancellationToken) =>
        [.. (await db.Passkeys.AsNoTracking().Where(p => p.UserId == user.Id).ToListAsync(cancellationToken)).Select(Info)];

    public async Task<User?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        await db.Passkeys.Where(p => p.CredentialId == credentialId).Join(db.Users, p => p.UserId, u => u.Id, (_, u) => u)
            .AsNoTracking().SingleOrDefaultAsync(cancellationToken);

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken) =>
        await db.Passkeys.AsNoTracking().SingleOrDefaultAsync(p => p.UserId == user.Id && p.CredentialId == credentialId, cancellationToken) is { } found && IsOurs(found)
            ? Info(found)
            : null;

    public Task AddOrUpdatePasskeyAsync(User user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => throw OnlyReads();

    public Task RemovePasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken) => throw OnlyReads();

    public Task SetUserNameAsync(User user, string? userName, CancellationToken cancellationToken) => throw OnlyReads();

    public Task SetNormalizedUserNameAsync(User user, string? normalizedName, CancellationToken cancellationToken) => throw OnlyReads();

    public Task<IdentityResult> CreateAsync(User user, CancellationToken cancellationToken) => throw OnlyReads();

    public Task<IdentityResult> UpdateAsync(User user, CancellationToken cancellationToken) => throw OnlyReads();

    public Task<IdentityResult> DeleteAsync(User user, CancellationToken cancellationToken) => throw OnlyReads();

    public void Dispose()
    {
        // The database context belongs to the request.
    }

    private bool IsOurs(Passkey passkey)
    {
        var isOurs = authenticator.Verify(Passkey.SealPurpose, passkey.SealedText, passkey.Seal);
        if (!isOurs)
            Log.SealBroken(logger, passkey.Id);
        return isOurs;
    }

    private static NotSupportedException OnlyReads() => new("Accounts and passkeys are changed by use cases.");

    private static UserPasskeyInfo Info(Passkey passkey) => new(
        passkey.CredentialId, passkey.PublicKey, passkey.CreatedAt, (uint)passkey.SignCount,
        passkey.Transports.Split(',', StringSplitOptions.RemoveEmptyEntries), passkey.IsUserVerified, passkey.IsBackupEligible, passkey.IsBackedUp,
        passkey.AttestationObject, passkey.ClientDataJson)
    {
        Name = passkey.Name,
    };

    private static partial class Log
    {
        [LoggerMessage(1023, LogLevel.Error, "The row of passkey {Passkey} isn't as it was written; it is refused")]
        public static partial void SealBroken(ILogger logger, Guid passkey);
    }
}
