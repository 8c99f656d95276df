using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>A key for each token that ended early; it goes when the token would have ended anyway.</summary>
internal sealed class RedisTokenBlacklist(IDatabase database, TimeProvider time, IRevocationLog log, RedisReplay replay) : ITokenBlacklist
{
    /// <summary>How far nodes' clocks may be apart, as the token's own check allows.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    public async Task AddAsync(UserId user, string jti, DateTimeOffset expiresAt, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var (now, end) = (time.GetUtcNow(), expiresAt + Skew);
        var left = end - now;
        if (left <= TimeSpan.Zero)
            return;

        // The row first: a Redis that restarts between the two is told by this node or by the replay.
        await log.AddAsync(Revocation.OfToken(user, jti, now, end));
        await database.StringSetAsync(RedisKeys.RevokedToken(user, jti), "1", left);
    }

    public Task<bool> ContainsAsync(UserId user, string jti, CancellationToken ct) =>
        replay.AskAsync(() => database.KeyExistsAsync(RedisKeys.RevokedToken(user, jti)), ct);
}
