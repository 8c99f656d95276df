using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>The two steps of a sign-in: what follows on the right password, and what follows on the second factor.</summary>
internal sealed class LoginSteps(IMusicGenDbContext db, Factors factors, IChallenges challenges, ISignInThrottle throttle, SignIn signIn)
{
    /// <summary>Opens a session, or asks for the second factor of whoever has one.</summary>
    public async Task<Result<LoginAnswer>> AfterPasswordAsync(User user, bool remembered, ISignInAttempt attempt, CancellationToken ct)
    {
        var kinds = await factors.KindsAsync(user.Id, ct);
        if (kinds.Count > 0)
        {
            // The guess was right, but the device is no friend's yet: whoever has only the password is a thief.
            await attempt.ReturnAsync(ct);
            return await AskAsync(user, kinds, remembered, latestEnd: null, ct);
        }

        var opened = await signIn.OpenAsync(user, new SignInTerms(remembered, SessionProof.OneFactor, await attempt.SucceededAsync(user.Id, ct)), ct);
        return opened.IsSuccess ? new LoginAnswer(opened.Value.User.Id, opened.Value) : opened.Error;
    }

    /// <summary>
    /// The same for whoever brought living tokens of the original service. The session ends with them at the latest, and the
    /// device stays a stranger's: tokens can be stolen.
    /// </summary>
    public async Task<Result<LoginAnswer>> AfterLegacyTokensAsync(User user, LegacySession legacy, CancellationToken ct)
    {
        var kinds = await factors.KindsAsync(user.Id, ct);
        if (kinds.Count > 0)
            return await AskAsync(user, kinds, legacy.Remembered, legacy.EndsAt, ct);

        var opened = await signIn.OpenAsync(user, new SignInTerms(legacy.Remembered, SessionProof.None, DeviceCookie: null) { LatestEnd = legacy.EndsAt }, ct);
        return opened.IsSuccess ? new LoginAnswer(opened.Value.User.Id, opened.Value) : opened.Error;
    }

    /// <summary>The user of a sign-in that waits for its second factor; null when it can't go on.</summary>
    public async Task<(LoginChallenge Challenge, User User)?> FindAsync(string challenge, CancellationToken ct)
    {
        if (await challenges.FindAsync<LoginChallenge>(ChallengeKind.Login, challenge, ct) is not { } begun)
            return null;

        // What the password proved holds only while it is the password, of an account that is open and has a factor.
        var id = new UserId(begun.User);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        return user is { IsDisabled: false } && user.PasswordChangedAt == begun.PasswordChangedAt && (await factors.KindsAsync(id, ct)).Count > 0
            ? (begun, user)
            : null;
    }

    /// <summary>Spends the challenge and opens the session.</summary>
    public async Task<Result<SignedIn>> AfterFactorAsync(string challenge, LoginChallenge begun, User user, CancellationToken ct) =>
        await challenges.TakeAsync<LoginChallenge>(ChallengeKind.Login, challenge, ct) is null
            ? IdentityErrors.ChallengeInvalid // another request finished this sign-in first
            : await signIn.OpenAsync(user, ByTwoFactors(user, begun.Remembered) with { LatestEnd = begun.LatestEnd }, ct);

    /// <summary>Opens the session of whoever has proved more than a password; their device is no stranger's from now on.</summary>
    public Task<Result<SignedIn>> OpenAsync(User user, bool remembered, CancellationToken ct) =>
        signIn.OpenAsync(user, ByTwoFactors(user, remembered), ct);

    private SignInTerms ByTwoFactors(User user, bool remembered) => new(remembered, SessionProof.TwoFactors, throttle.TrustDevice(user.Email));

    private async Task<LoginAnswer> AskAsync(User user, IReadOnlyList<string> kinds, bool remembered, DateTimeOffset? latestEnd, CancellationToken ct)
    {
        var content = new LoginChallenge(user.Id.Value, user.PasswordChangedAt, remembered, latestEnd);
        return new LoginAnswer(user.Id.ToString(), SignedIn: null, kinds, await challenges.OpenAsync(ChallengeKind.Login, content, ct));
    }
}
