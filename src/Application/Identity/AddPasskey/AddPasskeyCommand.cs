using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.AddPasskey;

/// <summary>Adds a passkey that the caller's browser has just made.</summary>
/// <param name="Challenge">Of the options that it was made with.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Credential">What navigator.credentials.create() gave, as JSON.</param>
[AuditAction("identity.add_passkey")]
public sealed record AddPasskeyCommand(string Challenge, string Name, string Credential) : ICommand<PasskeyAdded>, IRequiresStepUp
{
    public override string ToString() => nameof(AddPasskeyCommand); // keeps the credential out of every log
}

/// <param name="Passkey">The new one.</param>
/// <param name="RecoveryCodes">Where this is the account's first factor; they can't be read again.</param>
public sealed record PasskeyAdded(PasskeyView Passkey, IReadOnlyList<string>? RecoveryCodes) : IAuditedResult
{
    string? IAuditedResult.AuditSubject => $"passkey:{Passkey.Id}";

    public override string ToString() => nameof(PasskeyAdded);
}

internal sealed class AddPasskeyCommandValidator : AbstractValidator<AddPasskeyCommand>
{
    public AddPasskeyCommandValidator()
    {
        RuleFor(c => c.Challenge).ChallengeName();
        RuleFor(c => c.Name).Cascade(CascadeMode.Stop).NotNull()
            .Must(Passkey.IsNameWellFormed).WithMessage($"Use 1 to {Passkey.MaxNameLength} characters in one line.");
        RuleFor(c => c.Credential).Cascade(CascadeMode.Stop).NotNull().Credential();
    }
}

internal sealed class AddPasskeyCommandHandler(
    IMusicGenDbContext db, IPasskeyCeremonies ceremonies, IChallenges challenges, Factors factors, IMessageAuthenticator authenticator, ICurrentUser caller,
    TimeProvider time)
    : IRequestHandler<AddPasskeyCommand, Result<PasskeyAdded>>
{
    private static Error Refused => Error.Invalid("credential", "This passkey can't be added: it took too long, was added before or isn't for this site. Start again.");

    public async Task<Result<PasskeyAdded>> Handle(AddPasskeyCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var begun = await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.NewPasskey, command.Challenge, ct);
        if (begun is null || begun.User != id.Value || await ceremonies.AttestAsync(command.Credential, begun.State, ct) is not { } credential)
            return Refused;
        if (await db.Passkeys.CountAsync(p => p.UserId == id, ct) >= Passkey.MaxPerUser)
            return IdentityErrors.FactorLimit;

        var now = time.GetUtcNow();
        var passkey = new Passkey(Guid.CreateVersion7(now), id, command.Name.Trim(), credential, now);
        var codes = (await factors.KindsAsync(id, ct)).Count == 0 ? await factors.RenewCodesAsync(id, ct) : null;
        passkey.Sign(authenticator.Sign(Passkey.SealPurpose, passkey.SealedText));
        db.Passkeys.Add(passkey);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (UniqueValueTakenException)
        {
            return Refused; // the same passkey came twice at once
        }

        await factors.AddedAsync(id, $"A passkey was added to your MusicGen account. Its name: {passkey.Name}");
        return new PasskeyAdded(PasskeyView.Of(passkey), codes);
    }
}
