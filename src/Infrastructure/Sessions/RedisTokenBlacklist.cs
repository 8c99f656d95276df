using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>A key for each token that ended early; it goes when the token would have ended anyway.</summary>
internal sealed class RedisTokenBlacklist(IDatabase database, TimeProvider time) : ITokenBlacklist
{
    /// <summary>How far nodes' clocks may be apart, as the token's own check allows.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    public async Task AddAsync(UserId user, string jti, DateTimeOffset expiresAt, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var left = expiresAt - time.GetUtcNow() + Skew;
        if (left > TimeSpan.Zero)
            await database.StringSetAsync(RedisKeys.RevokedToken(user, jti), "1", left);
    }

    public Task<bool> ContainsAsync(UserId user, string jti, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return database.KeyExistsAsync(RedisKeys.RevokedToken(user, jti));
    }
}
