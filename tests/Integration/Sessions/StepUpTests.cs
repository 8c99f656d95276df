using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Sessions;

/// <summary>A step-up stands in the session's hash: it lives and dies with the session.</summary>
public sealed class StepUpTests(RedisServers servers)
{
    private static readonly RateLimitOptions Generous = new() { Free = new RateLimits(1_000_000, 1_000_000, 1_000_000, 1_000_000) };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Signing_in_is_none_and_the_next_request_of_every_node_sees_one(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        var (other, otherGate) = await NodeAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        Assert.Null((await gate.CheckAsync(open)).SteppedUpAt);
        _clock.Advance(TimeSpan.FromMinutes(3));

        var at = await other.Sessions.StepUpAsync(open.User, open.Id, CancellationToken.None);

        Assert.Equal(_clock.GetUtcNow(), at);
        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(at, (await gate.CheckAsync(open)).SteppedUpAt);
        Assert.Equal(at, (await otherGate.CheckAsync(open)).SteppedUpAt);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task It_survives_a_refresh_and_is_the_sessions_own(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        var user = SessionNode.NewUser();
        var open = await sessions.OpenAsync(user);
        var phone = await sessions.OpenAsync(user);
        var at = await sessions.Sessions.StepUpAsync(open.User, open.Id, CancellationToken.None);

        var next = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;

        Assert.Equal(at, (await gate.CheckAsync(next)).SteppedUpAt);
        Assert.Null((await gate.CheckAsync(phone)).SteppedUpAt);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_session_that_is_over_or_another_users_takes_none(RedisKind kind)
    {
        var (sessions, _) = await NodeAsync(kind);
        var closed = await sessions.OpenAsync(SessionNode.NewUser());
        await sessions.Sessions.CloseAsync(closed.User, closed.Id, CancellationToken.None);
        var idle = await sessions.OpenAsync(SessionNode.NewUser());

        Assert.Null(await sessions.Sessions.StepUpAsync(SessionNode.NewUser().Id, idle.Id, CancellationToken.None));
        Assert.Null(await sessions.Sessions.StepUpAsync(closed.User, closed.Id, CancellationToken.None));
        _clock.Advance(SessionNode.Policy.Idle);
        Assert.Null(await sessions.Sessions.StepUpAsync(idle.User, idle.Id, CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Racing_with_the_sessions_end_it_brings_nothing_back(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        var (other, _) = await NodeAsync(kind);
        for (var round = 0; round < 30; round++)
        {
            var open = await sessions.OpenAsync(SessionNode.NewUser());

            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i == 4
                ? other.Sessions.CloseAsync(open.User, open.Id, CancellationToken.None)
                : (Task)(i % 2 == 0 ? sessions : other).Sessions.StepUpAsync(open.User, open.Id, CancellationToken.None)));

            Assert.False(await sessions.Database.KeyExistsAsync(RedisKeys.Session(open.User, open.Id)));
            Assert.Equal(GateOutcome.SessionEnded, (await gate.CheckAsync(open)).Outcome);
        }
    }

    private async Task<(SessionNode Sessions, GateNode Gate)> NodeAsync(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        return (new SessionNode(redis, _clock), new GateNode(redis, _clock, Generous));
    }
}
