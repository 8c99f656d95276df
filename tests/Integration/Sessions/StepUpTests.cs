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

        var at = await other.Sessions.StepUpAsync(open.User, open.Id, SessionProof.OneFactor, CancellationToken.None);

        Assert.Equal(_clock.GetUtcNow(), at);
        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(at, (await gate.CheckAsync(open)).SteppedUpAt);
        Assert.Equal(at, (await otherGate.CheckAsync(open)).SteppedUpAt);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_sign_in_proves_by_as_many_factors_as_it_took_and_old_tokens_prove_nothing(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        foreach (var (proof, isProved, usedTwo) in new[] { (SessionProof.None, false, false), (SessionProof.OneFactor, true, false), (SessionProof.TwoFactors, true, true) })
        {
            var user = SessionNode.NewUser();
            var open = await sessions.Sessions.OpenAsync(user, new SessionOrigin("203.0.113.7", "Firefox") { Proof = proof }, remembered: false, CancellationToken.None);

            var decision = await gate.CheckAsync(open);

            Assert.Equal(isProved ? _clock.GetUtcNow() : null, decision.ProvedAt);
            Assert.Equal(usedTwo, decision.UsedTwoFactors);
            Assert.Null(decision.SteppedUpAt);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_step_up_is_a_proof_and_by_two_factors_it_lasts_as_long_as_the_session(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        _clock.Advance(TimeSpan.FromMinutes(20));
        var at = await sessions.Sessions.StepUpAsync(open.User, open.Id, SessionProof.OneFactor, CancellationToken.None);
        Assert.Equal((at, false), (await gate.CheckAsync(open)) is var first ? (first.ProvedAt, first.UsedTwoFactors) : default);

        await sessions.Sessions.StepUpAsync(open.User, open.Id, SessionProof.TwoFactors, CancellationToken.None);
        await sessions.Sessions.StepUpAsync(open.User, open.Id, SessionProof.OneFactor, CancellationToken.None);
        var next = (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;

        Assert.True((await gate.CheckAsync(next)).UsedTwoFactors);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task It_survives_a_refresh_and_is_the_sessions_own(RedisKind kind)
    {
        var (sessions, gate) = await NodeAsync(kind);
        var user = SessionNode.NewUser();
        var open = await sessions.OpenAsync(user);
        var phone = await sessions.OpenAsync(user);
        var at = await sessions.Sessions.StepUpAsync(open.User, open.Id, SessionProof.OneFactor, CancellationToken.None);

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

        Assert.Null(await sessions.Sessions.StepUpAsync(SessionNode.NewUser().Id, idle.Id, SessionProof.OneFactor, CancellationToken.None));
        Assert.Null(await sessions.Sessions.StepUpAsync(closed.User, closed.Id, SessionProof.OneFactor, CancellationToken.None));
        _clock.Advance(SessionNode.Policy.Idle);
        Assert.Null(await sessions.Sessions.StepUpAsync(idle.User, idle.Id, SessionProof.OneFactor, CancellationToken.None));
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
                : (Task)(i % 2 == 0 ? sessions : other).Sessions.StepUpAsync(open.User, open.Id, SessionProof.OneFactor, CancellationToken.None)));

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
