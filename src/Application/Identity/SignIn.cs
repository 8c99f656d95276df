using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Opens a session for a user whose password was right, and issues its tokens.</summary>
internal sealed class SignIn(
    IMusicGenDbContext db, ISessionStore sessions, IAccessTokenIssuer tokens, ISignInThrottle throttle, NewDeviceNotice notice, ICurrentUser caller)
{
    /// <summary>The session of whoever has just made the account, on a device that is no stranger's to it from the start.</summary>
    public Task<Result<SignedIn>> OpenFirstAsync(User user, CancellationToken ct) =>
        OpenAsync(user, new SignInTerms(Remembered: false, SessionProof.OneFactor, throttle.RememberDevice(user.Email)), ct);

    public async Task<Result<SignedIn>> OpenAsync(User user, SignInTerms terms, CancellationToken ct)
    {
        var remembered = terms.Remembered;
        var isNewDevice = await notice.IsDueAsync(user, ct);
        var session = await sessions.OpenAsync(user, new SessionOrigin(caller.Address, caller.UserAgent) { LatestEnd = terms.LatestEnd, Proof = terms.Proof }, remembered, ct);

        // Hashing takes a while. Whoever disabled the account or changed its password meanwhile wrote to the database
        // before they ended its sessions: either we see it here, or they see this session.
        var now = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == user.Id, ct);
        if (now is null || now.IsDisabled || now.PasswordChangedAt != user.PasswordChangedAt)
        {
            await sessions.CloseAsync(user.Id, session.Id, ct);
            return IdentityErrors.InvalidCredentials;
        }

        if (now.Role != user.Role || now.Tier != user.Tier)
            await sessions.RefreshAccountAsync(now, ct);

        var token = await tokens.IssueAsync(now, session.Id, session.Counter, remembered, ct);
        if (isNewDevice)
            await notice.SendAsync(now, ct);
        return new SignedIn(UserView.Of(now), token, session, terms.DeviceCookie);
    }
}

/// <param name="Remembered">Whether the session lives longer.</param>
/// <param name="Proof">By what its user has proved who they are.</param>
/// <param name="DeviceCookie">What the browser shall remember; null to leave it.</param>
internal sealed record SignInTerms(bool Remembered, SessionProof Proof, string? DeviceCookie)
{
    /// <summary>Where what it is opened with ends sooner than a session does.</summary>
    public DateTimeOffset? LatestEnd { get; init; }
}
