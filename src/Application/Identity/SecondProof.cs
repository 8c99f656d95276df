using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Asks a signed-in user for the second factor once more, where there is one.</summary>
internal sealed class SecondProof(Factors factors, FactorCodes codes, PasskeyProof passkeys, IChallenges challenges)
{
    /// <summary>Beside the right password; the guess at a code counts.</summary>
    /// <returns>Null when the account has no second factor or the code is right, or why not.</returns>
    public async Task<Error?> CheckCodeAsync(UserId user, string? code, string? recoveryCode, CancellationToken ct)
    {
        if (!await HasAnyAsync(user, ct))
            return null;
        return code is null && recoveryCode is null
            ? Error.Invalid("code", "This account has a second factor: add its code.")
            : await codes.CheckAsync(user, code, recoveryCode, ct);
    }

    /// <summary>Whether the account has a second factor, so that a proof which passed here was one of two.</summary>
    public async Task<bool> HasAnyAsync(UserId user, CancellationToken ct) => (await factors.KindsAsync(user, ct)).Count > 0;

    /// <summary>A passkey with its user verified, in place of password and code.</summary>
    /// <returns>Null when it is the user's, or why not.</returns>
    public async Task<Error?> CheckPasskeyAsync(UserId user, string challenge, string credential, CancellationToken ct)
    {
        if (await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.StepUp, challenge, ct) is not { } begun || begun.User != user.Value)
            return IdentityErrors.ChallengeInvalid;
        return await passkeys.TakeAsync(begun, credential, userVerification: true, ct) is null ? IdentityErrors.InvalidFactor : null;
    }
}
