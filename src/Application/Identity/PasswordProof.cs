using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Asks a signed-in user for the password once more. Each try is a guess at the account: a stolen session buys none for free.</summary>
internal sealed class PasswordProof(ISignInThrottle throttle, IPasswordHasher hasher)
{
    /// <returns>Null when it is the password, or why not.</returns>
    public async Task<Error?> CheckAsync(User user, string password, CancellationToken ct)
    {
        var attempt = await throttle.BeginAsync(user.Email, ct);
        if (!attempt.IsAllowed)
            return IdentityErrors.TooManyAttempts(attempt.RetryAfter);

        var match = await hasher.VerifyAsync(user.PasswordHash, password, ct);
        if (match.IsSuccess && !match.Value.IsMatch)
            return IdentityErrors.InvalidCredentials;
        await attempt.ReturnAsync(ct);
        return match.IsSuccess ? null : match.Error;
    }
}
