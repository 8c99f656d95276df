using MusicGen.Domain.Identity;

namespace MusicGen.Application.Sessions;

/// <summary>Access tokens that ended before their time, by jti (also called denylist; RFC 7009 revocation).</summary>
public interface ITokenBlacklist
{
    Task AddAsync(UserId user, string jti, DateTimeOffset expiresAt, CancellationToken ct);

    Task<bool> ContainsAsync(UserId user, string jti, CancellationToken ct);
}
