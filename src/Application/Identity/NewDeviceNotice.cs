using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Tells owners of sign-ins from devices that their account doesn't know.</summary>
internal sealed class NewDeviceNotice(
    ISignInThrottle throttle, ISessionStore sessions, AccountMails mails, ICurrentUser caller, TimeProvider time)
{
    private static readonly TimeSpan NewAccount = TimeSpan.FromHours(1);

    /// <summary>Ask before the session is opened. Nobody needs to be told that they use the account they have just made.</summary>
    public async Task<bool> IsDueAsync(User user, CancellationToken ct) =>
        !throttle.IsKnownDevice(user.Email)
        && !(time.GetUtcNow() - user.CreatedAt < NewAccount && (await sessions.ListAsync(user.Id, ct)).Count == 0);

    public Task SendAsync(User user, CancellationToken ct) => mails.SendNewDeviceAsync(user.Email, caller.UserAgent, caller.Address, ct);
}
