using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>The gate of one node, over a connection of its own.</summary>
internal sealed class GateNode
{
    public GateNode(
        IConnectionMultiplexer redis, TimeProvider? clock = null, RateLimitOptions? limits = null, IAccountLoader? accounts = null,
        IPersonalTokenLoader? tokens = null, IRevocationLog? log = null, RedisReplay? replay = null)
    {
        log ??= new RecordedRevocations();
        Gate = new RedisRequestGate(
            redis.GetDatabase(),
            new RedisClock(clock),
            accounts ?? new NoAccounts(),
            tokens ?? new NoTokens(),
            log,
            replay ?? SessionNode.Replay(redis, log, clock),
            SessionNode.Patience,
            SessionNode.Policy,
            Options.Create(limits ?? new RateLimitOptions()),
            NullLogger<RedisRequestGate>.Instance);
    }

    public IRequestGate Gate { get; }

    public Task<GateDecision> CheckAsync(OpenSession session, long? counter = null, string jti = "jti", RateBucket bucket = RateBucket.Standard) =>
        Gate.CheckAsync(session.User, session.Id, jti, counter ?? session.Counter, "203.0.113.7", bucket, CancellationToken.None);

    private sealed class NoAccounts : IAccountLoader
    {
        public Task<bool> LoadAsync(UserId user, CancellationToken ct) => Task.FromResult(false);
    }

    private sealed class NoTokens : IPersonalTokenLoader
    {
        public Task<bool> LoadAsync(UserId user, string hash, CancellationToken ct) => Task.FromResult(false);

        public void NoteUse(string hash) => throw new NotSupportedException();
    }
}
