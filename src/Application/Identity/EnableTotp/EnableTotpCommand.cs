using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.EnableTotp;

/// <summary>Proves by a first code that the authenticator app has the seed: from now on it is asked for.</summary>
[AuditAction("identity.enable_totp")]
public sealed record EnableTotpCommand(string Code) : ICommand<TotpEnabled>, IRequiresStepUp
{
    public override string ToString() => nameof(EnableTotpCommand); // keeps the code out of every log
}

/// <param name="RecoveryCodes">Where this is the account's first factor; they can't be read again.</param>
public sealed record TotpEnabled(IReadOnlyList<string>? RecoveryCodes)
{
    public override string ToString() => nameof(TotpEnabled);
}

internal sealed class EnableTotpCommandValidator : AbstractValidator<EnableTotpCommand>
{
    public EnableTotpCommandValidator() => RuleFor(c => c.Code).Cascade(CascadeMode.Stop).NotNull().AppCode();
}

internal sealed class EnableTotpCommandHandler(IMusicGenDbContext db, ITotp totp, Factors factors, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<EnableTotpCommand, Result<TotpEnabled>>
{
    private static Error WrongCode => Error.Invalid("code", "This isn't the code that the app shows now. Is the device's clock right?");

    public async Task<Result<TotpEnabled>> Handle(EnableTotpCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var app = await db.AuthenticatorApps.SingleOrDefaultAsync(a => a.UserId == id && a.ConfirmedAt == null, ct);
        if (app is null)
            return IdentityErrors.FactorNotFound;

        // No guess to count: the caller was shown the seed a moment ago.
        var now = time.GetUtcNow();
        if (totp.StepOf(id, app.SealedSeed, command.Code, now) is not { } step || !app.TryTake(step))
            return WrongCode;
        app.Confirm(now);
        var codes = (await factors.KindsAsync(id, ct)).Count == 0 ? await factors.RenewCodesAsync(id, ct) : null;
        if (!await db.TrySaveAsync(ct))
            return WrongCode; // the same code came twice at once, or another seed was asked for
        await factors.AddedAsync(id, "An authenticator app was added to your MusicGen account as a second factor.");
        return new TotpEnabled(codes);
    }
}
