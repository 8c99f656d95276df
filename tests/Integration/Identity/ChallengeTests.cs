using MusicGen.Application.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Challenges of unfinished sign-ins and ceremonies.</summary>
public sealed class ChallengeTests(RedisServers servers)
{
    private static readonly PasskeyChallenge Content = new(Guid.Parse("0197a1b2-0000-7000-8000-000000000001"), "state");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_twenty_racers_on_two_nodes_one_takes_it(RedisKind kind)
    {
        RedisChallenges[] nodes = [await NodeAsync(kind), await NodeAsync(kind)];
        for (var round = 0; round < 10; round++)
        {
            var name = await nodes[0].OpenAsync(ChallengeKind.StepUp, Content, Ct);

            var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => nodes[i % 2].TakeAsync<PasskeyChallenge>(ChallengeKind.StepUp, name, Ct)));

            Assert.Equal(Content, Assert.Single(taken, t => t is not null));
            Assert.Null(await nodes[1].FindAsync<PasskeyChallenge>(ChallengeKind.StepUp, name, Ct));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task One_of_another_kind_is_not_found_and_finding_does_not_spend(RedisKind kind)
    {
        var challenges = await NodeAsync(kind);
        var login = new LoginChallenge(Guid.CreateVersion7(), new DateTimeOffset(2026, 5, 1, 12, 0, 0, 123, TimeSpan.Zero).AddTicks(4567), Remembered: true);

        var name = await challenges.OpenAsync(ChallengeKind.Login, login, Ct);
        await challenges.PutAsync(ChallengeKind.LoginPasskey, name, Content, Ct);

        Assert.Null(await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.PasswordlessLogin, name, Ct));
        Assert.Null(await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.StepUp, name, Ct));
        Assert.Equal(Content, await challenges.TakeAsync<PasskeyChallenge>(ChallengeKind.LoginPasskey, name, Ct));
        Assert.Equal(login, await challenges.FindAsync<LoginChallenge>(ChallengeKind.Login, name, Ct));
        Assert.Equal(login, await challenges.FindAsync<LoginChallenge>(ChallengeKind.Login, name, Ct));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task It_lives_for_five_minutes_under_a_name_of_256_random_bits(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase();

        var name = await new RedisChallenges(redis).OpenAsync(ChallengeKind.Login, Content, Ct);

        Assert.Equal(43, name.Length);
        Assert.InRange((await redis.KeyTimeToLiveAsync(RedisKeys.Challenge(name, ChallengeKind.Login)))!.Value, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    private async Task<RedisChallenges> NodeAsync(RedisKind kind) => new((await servers.NodeAsync(kind)).GetDatabase());
}
