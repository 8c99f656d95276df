using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>What one node of the service knows about sessions, over a connection of its own.</summary>
internal sealed class SessionNode
{
    public static readonly SessionPolicy Policy = new(
        TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.FromDays(30), TimeSpan.FromDays(90));

    public SessionNode(
        IConnectionMultiplexer redis, TimeProvider? clock = null, string? secret = null, IRevocationLog? log = null, RedisReplay? replay = null)
    {
        log ??= new RecordedRevocations();
        replay ??= Replay(redis, log, clock);
        Database = redis.GetDatabase();
        Clock = new RedisClock(clock);
        Sessions = new RedisSessionStore(
            Database,
            Clock,
            new RefreshTokens(secret is null ? new TestAuthenticator() : new TestAuthenticator(secret)),
            Policy,
            log,
            replay,
            NullLogger<RedisSessionStore>.Instance);
        Blacklist = new RedisTokenBlacklist(Database, clock ?? TimeProvider.System, log, replay);
    }

    public IDatabase Database { get; }

    public RedisClock Clock { get; }

    public ISessionStore Sessions { get; }

    public ITokenBlacklist Blacklist { get; }

    /// <param name="redis">The node's connection.</param>
    /// <param name="log">Its revocations.</param>
    /// <param name="clock">The test's clock, or null.</param>
    /// <param name="generation">What counts its connections; without it the node's start is the only one.</param>
    /// <summary>More than a busy test machine ever takes: what patience does has tests of its own.</summary>
    public static RedisPatience Patience { get; } = new(Options.Create(new RedisOptions { ConnectionString = "unused", PatienceMilliseconds = 10_000 }));

    public static RedisReplay Replay(IConnectionMultiplexer redis, IRevocationLog log, TimeProvider? clock = null, RedisGeneration? generation = null) =>
        new(redis.GetDatabase(), Patience, generation ?? new RedisGeneration(), log, new RedisClock(clock), NullLogger<RedisReplay>.Instance);

    public static User NewUser()
    {
        var id = UserId.New(DateTimeOffset.UtcNow);
        return new User(id, Email.Normalise($"{id}@example.org"), $"u{id.Value:N}"[..20], "hash", DateTimeOffset.UtcNow);
    }

    public Task<OpenSession> OpenAsync(User user, bool remembered = false) =>
        Sessions.OpenAsync(user, new SessionOrigin("203.0.113.7", "Firefox"), remembered, CancellationToken.None);
}
