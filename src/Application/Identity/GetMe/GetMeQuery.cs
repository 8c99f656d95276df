using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetMe;

/// <summary>The caller, as the wire shows a user.</summary>
public sealed record GetMeQuery : IQuery<UserView>;

internal sealed class GetMeQueryHandler(IMusicGenDbContext db, ICurrentUser caller, KnownNames names) : IRequestHandler<GetMeQuery, Result<UserView>>
{
    public async Task<Result<UserView>> Handle(GetMeQuery query, CancellationToken ct)
    {
        // Pages ask this often. Of a session's caller the gate has just said role and tier, so only the names are left to ask;
        // a personal token's caller may be less than its owner.
        var id = caller.Required;
        if (caller.Session is not null && names.Find(id) is { IsVerified: true } known)
            return new UserView(known.Id, known.Email, known.Username, [caller.Role.Name()], caller.Tier.Name(), known.IsVerified);

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
            return IdentityErrors.UserNotFound;
        names.Keep(user);
        return UserView.Of(user);
    }
}
