using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Persistence;
using MusicGen.Integration.Support;
using StackExchange.Redis;
using Role = MusicGen.Domain.Identity.Role;

namespace MusicGen.Integration.Sessions;

/// <summary>Personal access tokens at the gate: the script, the rows that it misses, and races between both.</summary>
public sealed class PersonalTokenGateTests(RedisServers servers) : IAsyncLifetime
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestDatabase _database = null!;
    private IServiceScopeFactory _scopes = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        _scopes = _database.Node().GetRequiredService<IServiceScopeFactory>();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task One_that_lives_is_let_in_by_every_node_with_its_scopes_and_its_users_numbers(RedisKind kind)
    {
        var (one, two) = (await NodeAsync(kind), await NodeAsync(kind));
        var token = await SaveAsync(u => u.ChangeTier(Tier.Premium), TokenScopes.Read | TokenScopes.Generate);

        var (first, second) = (await one.CheckAsync(token), await two.CheckAsync(token));

        Assert.Equal((GateOutcome.Allowed, "premium"), (first.Outcome, first.TierName));
        Assert.Equal(new PersonalTokenGrant(token.Hash, TokenScopes.Read | TokenScopes.Generate, _clock.GetUtcNow().AddDays(30)), first.Token);
        Assert.Equal([9, 59, 1999, 19999], first.Windows.Select(w => w.Remaining));
        Assert.Equal(58, second.Windows.Single(w => w.Name == "minute").Remaining);
        Assert.Null(first.SteppedUpAt);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Its_own_limit_is_lower_than_its_users_and_never_extra(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var token = await SaveAsync(limit: 2);
        var other = await SaveAsync(user: token.User);

        var allowed = new[] { await node.CheckAsync(token), await node.CheckAsync(token, RateBucket.Reads) };
        var refused = await node.CheckAsync(token);
        var others = await node.CheckAsync(other);

        Assert.Equal([(2L, 1L), (2L, 0L)], allowed.Select(d => d.Windows.Single(w => w.Name == "minute")).Select(w => (w.Limit, w.Remaining)));
        Assert.Equal(GateOutcome.Limited, refused.Outcome);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61));
        Assert.Equal(GateOutcome.Allowed, others.Outcome);
        Assert.Equal(30 - 2, others.Windows.Single(w => w.Name == "minute").Remaining); // the refused one wasn't counted anywhere

        _clock.Advance(refused.RetryAfter);
        Assert.Equal(GateOutcome.Allowed, (await node.CheckAsync(token)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_generous_limit_of_its_own_gives_nothing_beyond_its_users(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var token = await SaveAsync(limit: 1000);

        var decisions = new List<GateDecision>();
        foreach (var _ in Enumerable.Range(0, 6))
            decisions.Add(await node.CheckAsync(token));

        Assert.Equal(5, decisions.Count(d => d.Outcome == GateOutcome.Allowed)); // free's burst
        Assert.Equal(30, decisions[0].Windows.Single(w => w.Name == "minute").Limit);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Parallel_requests_over_two_nodes_get_exactly_its_own_limit(RedisKind kind)
    {
        var limits = new RateLimitOptions { Free = new RateLimits(1_000_000, 1_000_000, 1_000_000, 1_000_000) };
        var (one, two) = (await NodeAsync(kind, limits), await NodeAsync(kind, limits));
        for (var round = 0; round < 5; round++)
        {
            var token = await SaveAsync(limit: 10);

            var decisions = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? one : two).CheckAsync(token)));

            Assert.Equal(10, decisions.Count(d => d.Outcome == GateOutcome.Allowed));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task It_ends_to_the_millisecond_although_its_row_is_still_at_hand(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var token = await SaveAsync(life: TimeSpan.FromMinutes(5));
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(GateOutcome.Allowed, (await node.CheckAsync(token)).Outcome);

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(token)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_value_that_nobody_made_another_users_and_one_from_before_the_password_open_nothing(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var made = await SaveAsync();
        var old = await SaveAsync(u => u.ChangePassword("new", _clock.GetUtcNow().AddSeconds(1)));
        var shut = await SaveAsync(u => u.Disable());

        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(PersonalTokenValue.New(made.User))).Outcome);
        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(PersonalTokenValue.New(UserId.New(_clock.GetUtcNow())))).Outcome);
        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(old)).Outcome);
        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(shut)).Outcome);
        Assert.False(await node.Gate.IsAliveAsync(old.User, old.Hash, Ct));
        Assert.True(await node.Gate.IsAliveAsync(made.User, made.Hash, Ct));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Look_ups_of_made_up_values_are_limited_by_address(RedisKind kind)
    {
        var node = await NodeAsync(kind, new RateLimitOptions { TokenLookupMinute = 3 });
        var address = $"2001:db8::{Guid.NewGuid():N}";
        var known = await SaveAsync();
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(known, address, RateBucket.Reads, Ct)).Outcome);

        var outcomes = new List<GateOutcome>();
        foreach (var _ in Enumerable.Range(0, 4))
            outcomes.Add((await node.Gate.CheckAsync(PersonalTokenValue.New(known.User), address, RateBucket.Reads, Ct)).Outcome);

        Assert.Equal([GateOutcome.TokenRevoked, GateOutcome.TokenRevoked, GateOutcome.TokenUnread, GateOutcome.TokenUnread], outcomes);
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(known, address, RateBucket.Reads, Ct)).Outcome); // needs no look-up
    }

    // The row is read, the token ended, and the row put: whatever the order, the token stays dead.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_row_that_was_read_before_the_end_never_brings_a_token_back(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        for (var round = 0; round < 20; round++)
        {
            var token = await SaveAsync();

            await Task.WhenAll(
                node.Loader.LoadAsync(token.User, token.Hash, Ct),
                node.Blacklist.AddAsync(token.User, token.Hash, DateTimeOffset.UtcNow.AddMinutes(15), Ct),
                node.Loader.LoadAsync(token.User, token.Hash, Ct),
                node.CheckAsync(token));

            Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(token)).Outcome);
            Assert.False(await node.Gate.IsAliveAsync(token.User, token.Hash, Ct));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_change_of_role_and_a_ban_are_in_force_on_its_next_request(RedisKind kind)
    {
        var (node, redis) = (await NodeAsync(kind), await servers.NodeAsync(kind));
        var sessions = new SessionNode(redis, _clock);
        var token = await SaveAsync();
        Assert.Equal(Role.User, (await node.CheckAsync(token)).Role);
        var user = await _database.InAsync(db => db.Users.SingleAsync(u => u.Id == token.User, Ct));

        user.ChangeRole(Role.Admin);
        await sessions.Sessions.RefreshAccountAsync(user, Ct);
        Assert.Equal(Role.Admin, (await node.CheckAsync(token)).Role);

        user.Disable();
        await sessions.Sessions.RefreshAccountAsync(user, Ct);
        Assert.Equal(GateOutcome.TokenRevoked, (await node.CheckAsync(token)).Outcome);
        Assert.False(await node.Gate.IsAliveAsync(token.User, token.Hash, Ct));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Its_use_is_noted_once_a_minute_and_in_the_end_stands_in_the_database(RedisKind kind)
    {
        var node = await NodeAsync(kind, new RateLimitOptions { Free = new RateLimits(1000, 1000, 1000, 1000) });
        await node.Loader.StartAsync(Ct);
        var token = await SaveAsync();
        var start = _clock.GetUtcNow();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => node.CheckAsync(token)));
        await LastUseIsAsync(token, start);
        _clock.Advance(TimeSpan.FromSeconds(59));
        await node.CheckAsync(token);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await node.CheckAsync(token);
        await LastUseIsAsync(token, start.AddMinutes(1));

        await node.Loader.StopAsync(Ct);
        Assert.Equal(2, node.Loader.Noted);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Each_of_its_keys_expires(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var token = await SaveAsync(limit: 5);
        await node.CheckAsync(token);

        var (row, rate) = (RedisKeys.PersonalToken(token.User, token.Hash), RedisKeys.PersonalTokenCounts(token.User, token.Hash));
        Assert.InRange((await node.Database.KeyTimeToLiveAsync(row))!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.InRange((await node.Database.KeyTimeToLiveAsync(rate))!.Value, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(66));
    }

    private async Task LastUseIsAsync(PersonalTokenValue token, DateTimeOffset at)
    {
        for (var attempt = 0; ; attempt++)
        {
            var last = await _database.InAsync(db => db.PersonalAccessTokens.Where(t => t.TokenHash == token.Hash).Select(t => t.LastUsedAt).SingleAsync(Ct));
            if (last == at)
                return;
            Assert.True(attempt < 200, $"The last use is {last:O} instead of {at:O}.");
            await Task.Delay(25, Ct);
        }
    }

    private async Task<TokenNode> NodeAsync(RedisKind kind, RateLimitOptions? limits = null) =>
        new(await servers.NodeAsync(kind), _scopes, _clock, limits);

    private async Task<PersonalTokenValue> SaveAsync(
        Action<User>? change = null, TokenScopes scopes = TokenScopes.Read, int? limit = null, TimeSpan? life = null, UserId? user = null)
    {
        var now = _clock.GetUtcNow();
        var id = user ?? UserId.New(now);
        var value = PersonalTokenValue.New(id);
        await _database.InAsync(async db =>
        {
            if (user is null)
            {
                var owner = new User(id, Email.Normalise($"{id}@example.org"), $"u{id.Value:N}", "hash", now);
                change?.Invoke(owner);
                db.Users.Add(owner);
            }

            db.PersonalAccessTokens.Add(new PersonalAccessToken(
                Guid.CreateVersion7(), id, "a script", value.Hash, scopes, limit, now, now + (life ?? TimeSpan.FromDays(30))));
            return await db.SaveChangesAsync(Ct);
        });
        return value;
    }

    /// <summary>One node with its own connection, and a count of what it would write.</summary>
    private sealed class TokenNode(IConnectionMultiplexer redis, IServiceScopeFactory scopes, TimeProvider clock, RateLimitOptions? limits)
    {
        public IDatabase Database { get; } = redis.GetDatabase();

        public CountingLoader Loader { get; } = new(new PersonalTokenLoader(scopes, redis.GetDatabase(), clock, NullLogger<PersonalTokenLoader>.Instance));

        public ITokenBlacklist Blacklist { get; } = new SessionNode(redis).Blacklist;

        public IRequestGate Gate => field ??= new GateNode(redis, clock, limits, new AccountLoader(scopes, Database, new RedisClock()), Loader).Gate;

        public Task<GateDecision> CheckAsync(PersonalTokenValue token, RateBucket bucket = RateBucket.Standard) =>
            Gate.CheckAsync(token, $"203.0.113.{Guid.NewGuid():N}", bucket, Ct);
    }

    private sealed class CountingLoader(PersonalTokenLoader inner) : IPersonalTokenLoader
    {
        private int _noted;

        public int Noted => _noted;

        public Task<bool> LoadAsync(UserId user, string hash, CancellationToken ct) => inner.LoadAsync(user, hash, ct);

        public void NoteUse(string hash)
        {
            Interlocked.Increment(ref _noted);
            inner.NoteUse(hash);
        }

        public Task StartAsync(CancellationToken ct) => inner.StartAsync(ct);

        public Task StopAsync(CancellationToken ct) => inner.StopAsync(ct);
    }
}
