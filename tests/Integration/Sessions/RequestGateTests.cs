using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Support;
using StackExchange.Redis;
using Role = MusicGen.Domain.Identity.Role;

namespace MusicGen.Integration.Sessions;

public sealed class RequestGateTests(RedisServers servers)
{
    private static readonly RateLimitOptions Generous = new()
    {
        Free = new RateLimits(1_000_000, 1_000_000, 1_000_000, 1_000_000),
    };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_closed_session_is_refused_at_the_next_request_of_every_node(RedisKind kind)
    {
        var (sessions, one, two) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        Assert.Equal(GateOutcome.Allowed, (await one.CheckAsync(open)).Outcome);

        Assert.True(await sessions.Sessions.CloseAsync(open.User, open.Id, CancellationToken.None));

        Assert.Equal(GateOutcome.SessionEnded, (await one.CheckAsync(open)).Outcome);
        Assert.Equal(GateOutcome.SessionEnded, (await two.CheckAsync(open)).Outcome);
        Assert.False(await sessions.Sessions.CloseAsync(open.User, open.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Another_users_session_id_opens_nothing(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        var stranger = await sessions.OpenAsync(SessionNode.NewUser());

        var decision = await one.CheckAsync(stranger with { Id = open.Id });

        Assert.Equal(GateOutcome.SessionEnded, decision.Outcome);
        Assert.Empty(decision.Windows);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_blacklisted_token_is_refused_while_others_of_its_session_pass(RedisKind kind)
    {
        var (sessions, one, two) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());

        await sessions.Blacklist.AddAsync(open.User, "stolen", _clock.GetUtcNow().AddMinutes(15), CancellationToken.None);

        Assert.Equal(GateOutcome.TokenRevoked, (await one.CheckAsync(open, jti: "stolen")).Outcome);
        Assert.Equal(GateOutcome.Allowed, (await two.CheckAsync(open, jti: "another")).Outcome);
        Assert.True(await sessions.Blacklist.ContainsAsync(open.User, "stolen", CancellationToken.None));
        Assert.False(await sessions.Blacklist.ContainsAsync(open.User, "another", CancellationToken.None));
        var left = await sessions.Database.KeyTimeToLiveAsync(RedisKeys.RevokedToken(open.User, "stolen"));
        Assert.InRange(left!.Value, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(16));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_successors_access_token_confirms_it_so_that_its_predecessor_is_reuse_after_thirty_seconds(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        var next = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;

        Assert.Equal(GateOutcome.Allowed, (await one.CheckAsync(open)).Outcome); // the old access token confirms nothing
        Assert.Equal(GateOutcome.Allowed, (await one.CheckAsync(next)).Outcome);
        _clock.Advance(TimeSpan.FromSeconds(30));
        var tab = await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None);
        Assert.Equal(next.RefreshToken, tab.Value.RefreshToken);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var thief = await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None);

        Assert.Equal(SessionErrors.RefreshReused, thief.Error);
        Assert.Equal(GateOutcome.SessionEnded, (await one.CheckAsync(next)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_set_aside_access_token_ends_the_session(RedisKind kind)
    {
        var (sessions, one, two) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        var lost = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;
        _clock.Advance(TimeSpan.FromMinutes(1));
        var next = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;
        Assert.Equal(2, next.Counter);
        Assert.Equal(GateOutcome.Allowed, (await one.CheckAsync(next)).Outcome);

        Assert.Equal(GateOutcome.TokenReused, (await two.CheckAsync(lost)).Outcome);

        Assert.Equal(GateOutcome.SessionEnded, (await one.CheckAsync(next)).Outcome);
        Assert.Equal(SessionErrors.RefreshInvalid, (await sessions.Sessions.RotateAsync(next.RefreshToken, CancellationToken.None)).Error);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_access_token_ahead_of_a_redis_that_came_back_old_is_taken_and_remembered(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        var key = RedisKeys.Session(open.User, open.Id);
        var snapshot = await sessions.Database.HashGetAllAsync(key);
        var next = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;
        await sessions.Database.HashSetAsync(key, snapshot);

        Assert.Equal(GateOutcome.Allowed, (await one.CheckAsync(next)).Outcome);

        Assert.Equal("1", (string?)await sessions.Database.HashGetAsync(key, "counter"));
        Assert.Equal(2, (await sessions.Sessions.RotateAsync(next.RefreshToken, CancellationToken.None)).Value.Counter);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_change_of_role_or_tier_holds_at_the_next_request_and_a_ban_ends_every_session(RedisKind kind)
    {
        var (sessions, one, two) = await NodesAsync(kind);
        var user = SessionNode.NewUser();
        var first = await sessions.OpenAsync(user);
        var second = await sessions.OpenAsync(user);
        Assert.Equal("free", (await one.CheckAsync(first)).TierName);

        user.ChangeTier(Tier.Enterprise);
        await sessions.Sessions.RefreshAccountAsync(user, CancellationToken.None);
        var enterprise = await two.CheckAsync(first);
        user.ChangeRole(Role.Admin);
        await sessions.Sessions.RefreshAccountAsync(user, CancellationToken.None);
        var admin = await one.CheckAsync(first);

        Assert.Equal(("enterprise", Tier.Enterprise, 300), (enterprise.TierName, enterprise.Tier, enterprise.Windows.Single(w => w.Name == "minute").Limit));
        Assert.Equal(("admin", Role.Admin, Tier.Enterprise, 1000), (admin.TierName, admin.Role, admin.Tier, admin.Windows.Single(w => w.Name == "minute").Limit));

        user.Disable();
        await sessions.Sessions.RefreshAccountAsync(user, CancellationToken.None);

        Assert.Equal(GateOutcome.SessionEnded, (await one.CheckAsync(first)).Outcome);
        Assert.Equal(GateOutcome.SessionEnded, (await two.CheckAsync(second)).Outcome);
        Assert.Equal(SessionErrors.RefreshInvalid, (await sessions.Sessions.RotateAsync(second.RefreshToken, CancellationToken.None)).Error);
        Assert.False(await sessions.Database.KeyExistsAsync(RedisKeys.Session(user.Id, first.Id)));

        // A login that read the user before the ban opens a session that nothing lets in, and doesn't undo the ban.
        var stale = await sessions.OpenAsync(new User(user.Id, user.Email, user.Username, "hash", _clock.GetUtcNow()));
        Assert.Equal(GateOutcome.SessionEnded, (await two.CheckAsync(stale)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_evicted_account_is_read_from_the_database_and_never_guessed(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var sessions = new SessionNode(redis, _clock);
        var user = SessionNode.NewUser();
        var open = await sessions.OpenAsync(user);
        await sessions.Database.KeyDeleteAsync(RedisKeys.Account(user.Id));
        user.ChangeTier(Tier.Premium);
        var known = new GateNode(redis, _clock, accounts: new OneAccount(sessions, user));
        var unknown = new GateNode(redis, _clock);

        Assert.Equal(GateOutcome.SessionEnded, (await unknown.CheckAsync(open)).Outcome);
        Assert.Equal("premium", (await known.CheckAsync(open)).TierName);
        Assert.Equal("premium", (await unknown.CheckAsync(open)).TierName);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Requests_under_way_never_bring_a_session_back_that_log_out_everywhere_ends(RedisKind kind)
    {
        var (sessions, one, two) = await NodesAsync(kind);
        for (var round = 0; round < 15; round++)
        {
            var user = SessionNode.NewUser();
            var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => sessions.OpenAsync(user)));
            var gates = new[] { one, two };

            var requests = Enumerable.Range(0, 60).Select(i => gates[i % 2].CheckAsync(opened[i % 4])).ToList();
            var refreshes = opened.Select(o => sessions.Sessions.RotateAsync(o.RefreshToken, CancellationToken.None)).ToList();
            var closed = await sessions.Sessions.CloseAllAsync(user.Id, except: null, CancellationToken.None);
            var late = opened.Select(o => one.CheckAsync(o)).ToList();
            await Task.WhenAll([.. requests, .. refreshes, .. late]);

            Assert.Equal(4, closed);
            Assert.All(await Task.WhenAll(late), d => Assert.Equal(GateOutcome.SessionEnded, d.Outcome));
            Assert.Empty(await sessions.Sessions.ListAsync(user.Id, CancellationToken.None));
            foreach (var open in opened)
                Assert.False(await sessions.Database.KeyExistsAsync(RedisKeys.Session(user.Id, open.Id)));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_racing_log_outs_of_one_session_exactly_one_ended_it(RedisKind kind)
    {
        var (sessions, _, _) = await NodesAsync(kind);
        var other = new SessionNode(await servers.NodeAsync(kind), _clock);
        for (var round = 0; round < 10; round++)
        {
            var open = await sessions.OpenAsync(SessionNode.NewUser());

            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
                (i % 2 == 0 ? sessions : other).Sessions.CloseAsync(open.User, open.Id, CancellationToken.None)));

            Assert.Single(answers, ended => ended);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Log_out_everywhere_racing_with_logins_leaves_exactly_the_listed_ones_alive(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        for (var round = 0; round < 10; round++)
        {
            var user = SessionNode.NewUser();
            var current = await sessions.OpenAsync(user);

            var logins = Enumerable.Range(0, 20).Select(_ => sessions.OpenAsync(user)).ToList();
            var closing = sessions.Sessions.CloseAllAsync(user.Id, current.Id, CancellationToken.None);
            var opened = await Task.WhenAll(logins);
            var closed = await closing;

            var listed = (await sessions.Sessions.ListAsync(user.Id, CancellationToken.None)).Select(s => s.Id).ToHashSet();
            Assert.Contains(current.Id, listed);
            Assert.Equal(21 - closed, listed.Count);
            foreach (var open in opened)
                Assert.Equal(listed.Contains(open.Id), (await one.CheckAsync(open)).Outcome == GateOutcome.Allowed);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_device_list_says_when_and_where_and_puts_the_latest_seen_first(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        var user = SessionNode.NewUser();
        var opened = _clock.GetUtcNow();
        var phone = await sessions.OpenAsync(user);
        _clock.Advance(TimeSpan.FromMinutes(5));
        var desk = await sessions.OpenAsync(user, remembered: true);
        _clock.Advance(TimeSpan.FromMinutes(5));
        await one.Gate.CheckAsync(user.Id, phone.Id, "jti", 0, "198.51.100.4", RateBucket.Reads, CancellationToken.None);

        var list = await sessions.Sessions.ListAsync(user.Id, CancellationToken.None);

        Assert.Equal([phone.Id, desk.Id], list.Select(s => s.Id));
        Assert.Equal(new SessionSummary(phone.Id, opened, opened.AddMinutes(10), "198.51.100.4", "Firefox"), list[0]);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Every_key_expires(RedisKind kind)
    {
        var (sessions, one, _) = await NodesAsync(kind);
        var user = SessionNode.NewUser();
        var open = await sessions.OpenAsync(user);
        await one.CheckAsync(open);
        await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None);
        RedisKey[] keys =
        [
            RedisKeys.Account(user.Id), RedisKeys.Session(user.Id, open.Id), RedisKeys.Sessions(user.Id), RedisKeys.UserCounts(user.Id, "standard"),
        ];

        foreach (var key in keys)
            Assert.InRange((await sessions.Database.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromDays(7));
    }

    private async Task<(SessionNode Sessions, GateNode One, GateNode Two)> NodesAsync(RedisKind kind)
    {
        var one = await servers.NodeAsync(kind);
        return (new SessionNode(one, _clock), new GateNode(one, _clock, Generous), new GateNode(await servers.NodeAsync(kind), _clock, Generous));

    }

    private sealed class OneAccount(SessionNode node, User user) : IAccountLoader
    {
        public async Task<bool> LoadAsync(UserId id, CancellationToken ct)
        {
            await node.Sessions.RefreshAccountAsync(user, ct);
            return id == user.Id;
        }
    }
}
