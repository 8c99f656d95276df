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

internal sealed class GetMeQueryHandler(IMusicGenDbContext db, ICurrentUser caller) : IRequestHandler<GetMeQuery, Result<UserView>>
{
    public async Task<Result<UserView>> Handle(GetMeQuery query, CancellationToken ct)
    {
        var id = caller.Required;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        return user is null ? IdentityErrors.UserNotFound : UserView.Of(user);
    }
}
