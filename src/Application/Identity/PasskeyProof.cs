using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// Asks a browser for a passkey, and takes it. Nothing is counted: a signature can't be guessed, and each ceremony can
/// be finished once.
/// </summary>
internal sealed class PasskeyProof(IMusicGenDbContext db, IPasskeyCeremonies ceremonies, IChallenges challenges, TimeProvider time)
{
    /// <summary>Begins a ceremony.</summary>
    public async Task<PasskeyRequest> BeginAsync(ChallengeKind kind, User? user, bool userVerification, CancellationToken ct)
    {
        var options = await ceremonies.MakeRequestOptionsAsync(user, userVerification, ct);
        return new PasskeyRequest(await challenges.OpenAsync(kind, Remember(user, options), ct), options.Json);
    }

    /// <summary>The same under the name of a sign-in that goes on.</summary>
    public async Task<PasskeyRequest> BeginAsync(ChallengeKind kind, string name, User user, bool userVerification, CancellationToken ct)
    {
        var options = await ceremonies.MakeRequestOptionsAsync(user, userVerification, ct);
        await challenges.PutAsync(kind, name, Remember(user, options), ct);
        return new PasskeyRequest(name, options.Json);
    }

    /// <summary>Finishes a ceremony that was begun for a user, or for whoever has the passkey.</summary>
    /// <returns>Whose passkey it was; null when it is none of theirs.</returns>
    public async Task<UserId?> TakeAsync(PasskeyChallenge begun, string credential, bool userVerification, CancellationToken ct)
    {
        if (await ceremonies.AssertAsync(credential, begun.State, userVerification, ct) is not { } shown)
            return null;
        if (begun.User is { } expected && shown.User.Value != expected)
            return null;

        var passkey = await db.Passkeys.SingleOrDefaultAsync(p => p.UserId == shown.User && p.CredentialId == shown.CredentialId, ct);
        passkey?.Use(shown.SignCount, shown.IsUserVerified, shown.IsBackedUp, time.GetUtcNow());
        return passkey is not null && await db.TrySaveAsync(ct) ? passkey.UserId : null; // its owner may remove it at this very moment
    }

    private static PasskeyChallenge Remember(User? user, PasskeyOptions options) => new(user?.Id.Value, options.State);
}

/// <param name="Challenge">The name under which the ceremony goes on.</param>
/// <param name="Options">For <c>navigator.credentials.get()</c>, JSON.</param>
public sealed record PasskeyRequest(string Challenge, string Options)
{
    public override string ToString() => nameof(PasskeyRequest);
}
