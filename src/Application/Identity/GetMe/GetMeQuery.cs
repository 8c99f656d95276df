using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetMe;

/// <summary>The caller, as the wire shows a user.</summary>
public sealed record GetMeQuery : IQuery<UserView>;

internal sealed class GetMeQueryHandler(KnownNames names, ICurrentUser caller) : IRequestHandler<GetMeQuery, Result<UserView>>
{
    public async Task<Result<UserView>> Handle(GetMeQuery query, CancellationToken ct)
    {
        // Of a session's caller the gate has just said role and tier. A personal token's caller may be less than its owner.
        var id = caller.Required;
        if (caller.Session is not null && names.Find(id) is { IsVerified: true } known)
            return known with { Roles = [caller.Role.Name()], Tier = caller.Tier.Name() };
        return await names.ReadAsync(id, ct) is { } read ? read : IdentityErrors.UserNotFound;
    }
}
