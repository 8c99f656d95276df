using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Takes a second factor that is typed: a code of the authenticator app or a recovery code, each once.</summary>
internal sealed class FactorCodes(IMusicGenDbContext db, IFactorThrottle throttle, ITotp totp, TimeProvider time)
{
    /// <summary>Exactly one of the codes is given.</summary>
    /// <returns>Null when it is right, or why not.</returns>
    public async Task<Error?> CheckAsync(UserId user, string? code, string? recoveryCode, CancellationToken ct)
    {
        var attempt = await throttle.BeginAsync(user, ct);
        if (!attempt.IsAllowed)
            return IdentityErrors.TooManyCodes(attempt.RetryAfter);

        var isRight = code is not null ? await TakeAppCodeAsync(user, code, ct) : await TakeRecoveryCodeAsync(user, recoveryCode!, ct);
        if (!isRight)
            return IdentityErrors.InvalidFactor;
        await attempt.SucceededAsync(ct);
        return null;
    }

    private async Task<bool> TakeAppCodeAsync(UserId user, string code, CancellationToken ct)
    {
        var app = await db.AuthenticatorApps.SingleOrDefaultAsync(a => a.UserId == user && a.ConfirmedAt != null, ct);
        return app is not null
            && totp.StepOf(user, app.SealedSeed, code, time.GetUtcNow()) is { } step
            && app.TryTake(step)
            && await db.TrySaveAsync(ct); // of two requests that bring the same code at once, the second finds the row changed
    }

    private async Task<bool> TakeRecoveryCodeAsync(UserId user, string text, CancellationToken ct)
    {
        var hash = RecoveryCodeText.Hash(text);
        var code = await db.RecoveryCodes.SingleOrDefaultAsync(c => c.UserId == user && c.CodeHash == hash && c.UsedAt == null, ct);
        code?.Use(time.GetUtcNow());
        return code is not null && await db.TrySaveAsync(ct);
    }
}
