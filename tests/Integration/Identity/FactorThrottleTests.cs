using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Guesses at second factors, counted by user and apart from those at passwords.</summary>
public sealed class FactorThrottleTests(RedisServers servers)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly UserId _user = UserId.New(TimeProvider.System.GetUtcNow());

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_many_guesses_at_once_on_two_nodes_five_are_let_through(RedisKind kind)
    {
        IFactorThrottle[] nodes = [await NodeAsync(kind), await NodeAsync(kind)];

        var attempts = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => nodes[i % 2].BeginAsync(_user, Ct)));

        Assert.Equal(5, attempts.Count(a => a.IsAllowed));
        Assert.All(attempts.Where(a => !a.IsAllowed), a => Assert.Equal(TimeSpan.FromSeconds(1), a.RetryAfter));
        Assert.True((await nodes[0].BeginAsync(UserId.New(TimeProvider.System.GetUtcNow()), Ct)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Each_wrong_one_in_a_row_waits_twice_as_long_a_quarter_of_an_hour_at_most(RedisKind kind)
    {
        var throttle = await NodeAsync(kind);
        for (var i = 0; i < 5; i++)
            Assert.True((await throttle.BeginAsync(_user, Ct)).IsAllowed);

        for (var i = 0; i < 14; i++)
        {
            var wait = TimeSpan.FromSeconds(Math.Min(900, Math.Pow(2, i)));
            Assert.Equal(wait, (await throttle.BeginAsync(_user, Ct)).RetryAfter);
            _clock.Advance(wait - TimeSpan.FromMilliseconds(1));
            Assert.Equal(TimeSpan.FromMilliseconds(1), (await throttle.BeginAsync(_user, Ct)).RetryAfter);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True((await throttle.BeginAsync(_user, Ct)).IsAllowed);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_right_one_ends_the_row_and_refills_nothing_of_the_day(RedisKind kind)
    {
        var throttle = await NodeAsync(kind);
        var guesses = 0;
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 4; i++, _clock.Advance(TimeSpan.FromSeconds(1)))
                guesses += (await throttle.BeginAsync(_user, Ct)).IsAllowed ? 1 : 0;
            var right = await throttle.BeginAsync(_user, Ct);
            Assert.True(right.IsAllowed, $"round {round}");
            await right.SucceededAsync(Ct);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(80, guesses);
        var stopped = TimeSpan.Zero;
        while (stopped < TimeSpan.FromHours(1))
        {
            var attempt = await throttle.BeginAsync(_user, Ct);
            guesses += attempt.IsAllowed ? 1 : 0;
            stopped = attempt.RetryAfter;
            _clock.Advance(stopped < TimeSpan.FromHours(1) ? stopped : TimeSpan.Zero);
        }

        Assert.Equal(100, guesses);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.True((await throttle.BeginAsync(_user, Ct)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Its_keys_expire_in_a_day(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase();
        var throttle = new RedisFactorThrottle(redis, new RedisClock());
        await throttle.BeginAsync(_user, Ct);
        await (await throttle.BeginAsync(_user, Ct)).SucceededAsync(Ct);

        foreach (var key in new[] { RedisKeys.FactorGuesses(_user), RedisKeys.FactorSuccess(_user) })
            Assert.InRange((await redis.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
    }

    private async Task<IFactorThrottle> NodeAsync(RedisKind kind) =>
        new RedisFactorThrottle((await servers.NodeAsync(kind)).GetDatabase(), new RedisClock(_clock));
}
