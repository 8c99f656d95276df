using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.BeginTotp;

/// <summary>Makes a seed for the caller's authenticator app; it counts for nothing until a code proves that the app has it.</summary>
[AuditAction("identity.begin_totp")]
public sealed record BeginTotpCommand : ICommand<NewAuthenticator>, IRequiresStepUp;

internal sealed class BeginTotpCommandHandler(IMusicGenDbContext db, ITotp totp, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<BeginTotpCommand, Result<NewAuthenticator>>
{
    public async Task<Result<NewAuthenticator>> Handle(BeginTotpCommand command, CancellationToken ct)
    {
        var id = caller.Required;
        var email = await db.Users.Where(u => u.Id == id).Select(u => u.Email).SingleAsync(ct);
        var app = await db.AuthenticatorApps.SingleOrDefaultAsync(a => a.UserId == id, ct);
        if (app is { IsConfirmed: true })
            return IdentityErrors.FactorExists;

        var made = totp.Create(id, email.Value);
        if (app is null)
            db.AuthenticatorApps.Add(new AuthenticatorApp(id, made.SealedSeed, time.GetUtcNow()));
        else
            app.Replace(made.SealedSeed, time.GetUtcNow());
        try
        {
            return await db.TrySaveAsync(ct) ? made : Factors.Busy;
        }
        catch (UniqueValueTakenException)
        {
            return Factors.Busy; // the same question came twice at once: one seed holds
        }
    }
}
