using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Sessions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Sessions;

public sealed class RefreshRotationTests(RedisServers servers)
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task All_concurrent_refreshes_on_two_nodes_get_the_same_successor(RedisKind kind)
    {
        var one = new SessionNode(await servers.NodeAsync(kind));
        var two = new SessionNode(await servers.NodeAsync(kind));

        for (var round = 0; round < 20; round++)
        {
            var opened = await one.OpenAsync(SessionNode.NewUser());

            var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => RefreshAsync(i % 2 == 0 ? one : two, opened.RefreshToken)));

            Assert.All(answers, a => Assert.True(a.IsSuccess));
            Assert.Single(answers.Select(a => a.Value.RefreshToken).Distinct());
            Assert.All(answers, a => Assert.Equal(1, a.Value.Counter));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_replayed_grandparent_ends_the_session_on_both_nodes(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var opened = await one.OpenAsync(user);
        var first = (await RefreshAsync(one, opened.RefreshToken)).Value;
        var second = (await RefreshAsync(two, first.RefreshToken)).Value;

        var replay = await RefreshAsync(two, opened.RefreshToken);

        Assert.Equal(SessionErrors.RefreshReused, replay.Error);
        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(one, second.RefreshToken)).Error);
        Assert.False(await one.Sessions.IsAliveAsync(user.Id, opened.Id, CancellationToken.None));
        Assert.Empty(await two.Sessions.ListAsync(user.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_replay_racing_with_refreshes_never_leaves_a_session_that_two_parties_hold(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        for (var round = 0; round < 20; round++)
        {
            var user = SessionNode.NewUser();
            var opened = await one.OpenAsync(user);
            var first = (await RefreshAsync(one, opened.RefreshToken)).Value;
            var second = (await RefreshAsync(one, first.RefreshToken)).Value;

            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => i % 3 == 0
                ? RefreshAsync(one, opened.RefreshToken)
                : RefreshAsync(two, second.RefreshToken)));

            Assert.Single(answers, a => !a.IsSuccess && a.Error == SessionErrors.RefreshReused);
            Assert.False(await one.Sessions.IsAliveAsync(user.Id, opened.Id, CancellationToken.None));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_lost_answer_is_given_again_as_long_as_its_token_was_never_seen(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var opened = await one.OpenAsync(SessionNode.NewUser());
        var lost = (await RefreshAsync(one, opened.RefreshToken)).Value;

        _clock.Advance(TimeSpan.FromSeconds(59));
        var again = await RefreshAsync(two, opened.RefreshToken);
        _clock.Advance(TimeSpan.FromSeconds(59));
        var third = await RefreshAsync(two, opened.RefreshToken);

        Assert.Equal(lost.RefreshToken, again.Value.RefreshToken);
        Assert.Equal(lost.RefreshToken, third.Value.RefreshToken);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task When_nobody_asked_for_a_minute_the_lost_successor_is_set_aside(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var opened = await one.OpenAsync(user);
        var lost = (await RefreshAsync(one, opened.RefreshToken)).Value;

        _clock.Advance(TimeSpan.FromSeconds(60));
        var next = (await RefreshAsync(two, opened.RefreshToken)).Value;
        Assert.Equal(2, next.Counter);
        Assert.Equal(3, (await RefreshAsync(two, next.RefreshToken)).Value.Counter);

        Assert.Equal(SessionErrors.RefreshReused, (await RefreshAsync(one, lost.RefreshToken)).Error);
        Assert.False(await two.Sessions.IsAliveAsync(user.Id, opened.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_set_aside_successor_is_reuse_even_before_the_next_one_is_seen(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var opened = await one.OpenAsync(SessionNode.NewUser());
        var lost = (await RefreshAsync(one, opened.RefreshToken)).Value;
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, (await RefreshAsync(two, opened.RefreshToken)).Value.Counter);

        Assert.Equal(SessionErrors.RefreshReused, (await RefreshAsync(one, lost.RefreshToken)).Error);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_token_a_little_ahead_of_a_redis_that_came_back_old_is_current(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var opened = await one.OpenAsync(user);
        var key = MusicGen.Infrastructure.Redis.RedisKeys.Session(user.Id, opened.Id);
        var snapshot = await one.Database.HashGetAllAsync(key);
        var token = opened;
        for (var i = 0; i < 16; i++)
            token = (await RefreshAsync(one, token.RefreshToken)).Value;

        await one.Database.HashSetAsync(key, snapshot);
        var ahead = await RefreshAsync(two, token.RefreshToken);

        Assert.Equal(17, ahead.Value.Counter);
        Assert.Equal(18, (await RefreshAsync(one, ahead.Value.RefreshToken)).Value.Counter);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_token_too_far_ahead_is_refused_without_ending_the_session(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var opened = await one.OpenAsync(user);
        var key = MusicGen.Infrastructure.Redis.RedisKeys.Session(user.Id, opened.Id);
        var snapshot = await one.Database.HashGetAllAsync(key);
        var token = opened;
        for (var i = 0; i < 17; i++)
            token = (await RefreshAsync(one, token.RefreshToken)).Value;

        await one.Database.HashSetAsync(key, snapshot);

        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(two, token.RefreshToken)).Error);
        Assert.True(await one.Sessions.IsAliveAsync(user.Id, opened.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Being_remembered_and_the_absolute_end_survive_every_rotation(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var token = await one.OpenAsync(user, remembered: true);
        Assert.Equal(TimeSpan.FromDays(30), token.RefreshLifetime);

        for (var day = 10; day < 90; day += 10)
        {
            _clock.Advance(TimeSpan.FromDays(10));
            token = (await RefreshAsync(day % 20 == 0 ? one : two, token.RefreshToken)).Value;
            Assert.True(token.Remembered);
            Assert.Equal(TimeSpan.FromDays(Math.Min(30, 90 - day)), token.RefreshLifetime);
        }

        _clock.Advance(TimeSpan.FromDays(10));
        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(one, token.RefreshToken)).Error);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_idle_session_ends_after_a_week_and_not_before(RedisKind kind)
    {
        var (one, two) = await TwoNodesAsync(kind);
        var user = SessionNode.NewUser();
        var token = await one.OpenAsync(user);
        _clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));
        token = (await RefreshAsync(two, token.RefreshToken)).Value;

        _clock.Advance(TimeSpan.FromDays(7));

        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(two, token.RefreshToken)).Error);
        Assert.False(await one.Sessions.IsAliveAsync(user.Id, token.Id, CancellationToken.None));
        Assert.Empty(await one.Sessions.ListAsync(user.Id, CancellationToken.None));
        Assert.False(await one.Sessions.CloseAsync(user.Id, token.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_token_signed_by_another_secret_or_for_another_salt_is_nobodys(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var node = new SessionNode(redis, _clock);
        var stranger = new SessionNode(redis, _clock, "another secret of thirty-two characters");
        var user = SessionNode.NewUser();
        var opened = await node.OpenAsync(user);
        Assert.Equal(new SessionReference(user.Id, opened.Id), node.Sessions.Read(opened.RefreshToken));

        Assert.Null(stranger.Sessions.Read(opened.RefreshToken));
        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(stranger, opened.RefreshToken)).Error);

        // Whoever has the secret but not Redis can name a session, not continue it.
        var forged = new MusicGen.Infrastructure.Sessions.RefreshTokens(new TestAuthenticator())
            .Issue(user.Id, opened.Id, 0, MusicGen.Infrastructure.Sessions.RefreshTokens.NewSalt());
        Assert.Equal(SessionErrors.RefreshInvalid, (await RefreshAsync(node, forged)).Error);
        Assert.True(await node.Sessions.IsAliveAsync(user.Id, opened.Id, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c.d.e.f")]
    [InlineData("......")]
    [InlineData("0197f3c2-0000-7000-8000-000000000000.AAAAAAAAAAAAAAAAAAAAAA.-1.t.k1.s")]
    public void What_is_no_token_is_read_as_none(string text)
    {
        var tokens = new MusicGen.Infrastructure.Sessions.RefreshTokens(new TestAuthenticator());

        Assert.Null(tokens.Read(text));
        Assert.Null(tokens.Read(null));
        Assert.Null(tokens.Read(new string('a', 5000)));
    }

    private static Task<Result<OpenSession>> RefreshAsync(SessionNode node, string token) =>
        node.Sessions.RotateAsync(token, CancellationToken.None);

    private async Task<(SessionNode One, SessionNode Two)> TwoNodesAsync(RedisKind kind) =>
        (new SessionNode(await servers.NodeAsync(kind), _clock), new SessionNode(await servers.NodeAsync(kind), _clock));
}
