using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>What one node of the service knows about sessions, over a connection of its own.</summary>
internal sealed class SessionNode(IConnectionMultiplexer redis, TimeProvider? clock = null, string? secret = null)
{
    public static readonly SessionPolicy Policy = new(
        TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.FromDays(30), TimeSpan.FromDays(90));

    public IDatabase Database { get; } = redis.GetDatabase();

    public RedisClock Clock { get; } = new(clock);

    public ISessionStore Sessions { get; } = new RedisSessionStore(
        redis.GetDatabase(),
        new RedisClock(clock),
        new RefreshTokens(secret is null ? new TestAuthenticator() : new TestAuthenticator(secret)),
        Policy,
        NullLogger<RedisSessionStore>.Instance);

    public ITokenBlacklist Blacklist { get; } = new RedisTokenBlacklist(redis.GetDatabase(), clock ?? TimeProvider.System);

    public static User NewUser()
    {
        var id = UserId.New(DateTimeOffset.UtcNow);
        return new User(id, Email.Normalise($"{id}@example.org"), $"u{id.Value:N}"[..20], "hash", DateTimeOffset.UtcNow);
    }

    public Task<OpenSession> OpenAsync(User user, bool remembered = false) =>
        Sessions.OpenAsync(user, new SessionOrigin("203.0.113.7", "Firefox"), remembered, CancellationToken.None);
}
