using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Sessions;

public sealed class AccountLoaderTests(RedisServers servers) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-accounts-").FullName;
    private ServiceProvider _services = null!;

    public async ValueTask InitializeAsync()
    {
        _services = new ServiceCollection()
            .AddDbContext<IMusicGenDbContext, SqliteMusicGenDbContext>(o => SqliteMusicGenDbContext.Configure(o, $"Data Source={_folder}/test.db;Pooling=false"))
            .BuildServiceProvider();
        await using var scope = _services.CreateAsyncScope();
        await ((DbContext)scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>()).Database.EnsureCreatedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_evicted_account_comes_back_from_the_database_in_the_same_request(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var gate = new GateNode(redis, accounts: Loader(redis));
        var user = await SaveAsync(u => u.ChangeTier(Tier.Enterprise));
        var open = await new SessionNode(redis).OpenAsync(user);
        await redis.GetDatabase().KeyDeleteAsync(RedisKeys.Account(user.Id));

        var decisions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gate.CheckAsync(open)));

        Assert.All(decisions, d => Assert.Equal((GateOutcome.Allowed, "enterprise"), (d.Outcome, d.TierName)));
        Assert.Equal(50 - 8, decisions.Min(d => d.Windows[0].Remaining));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_account_that_other_nodes_take_away_again_while_they_catch_up_ends_no_session(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var user = await SaveAsync(u => u.ChangeTier(Tier.Enterprise));
        var open = await new SessionNode(redis).OpenAsync(user);

        foreach (var times in (int[])[1, 3])
        {
            await redis.GetDatabase().KeyDeleteAsync(RedisKeys.Account(user.Id));
            var gate = new GateNode(redis, accounts: new TakenAway(Loader(redis), redis, times));
            var decision = await gate.CheckAsync(open);
            Assert.Equal((GateOutcome.Allowed, "enterprise"), (decision.Outcome, decision.TierName));

            await redis.GetDatabase().KeyDeleteAsync(RedisKeys.Account(user.Id));
            gate = new GateNode(redis, accounts: new TakenAway(Loader(redis), redis, times));
            Assert.Equal("enterprise", (await gate.Gate.CountAsync(new SessionReference(open.User, open.Id), RateBucket.Reads, CancellationToken.None)).TierName);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_user_whom_the_database_has_disabled_or_lost_is_not_let_in(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var gate = new GateNode(redis, accounts: Loader(redis));
        var disabled = await new SessionNode(redis).OpenAsync(await SaveAsync(u => u.Disable(), openAs: u => u.Enable()));
        var lost = await new SessionNode(redis).OpenAsync(SessionNode.NewUser());
        await redis.GetDatabase().KeyDeleteAsync([RedisKeys.Account(disabled.User)]);
        await redis.GetDatabase().KeyDeleteAsync([RedisKeys.Account(lost.User)]);

        Assert.Equal(GateOutcome.SessionEnded, (await gate.CheckAsync(disabled)).Outcome);
        Assert.Equal(GateOutcome.SessionEnded, (await gate.CheckAsync(lost)).Outcome);
        Assert.Equal("free", (await gate.Gate.CountAsync(new SessionReference(lost.User, lost.Id), RateBucket.Reads, CancellationToken.None)).TierName);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task What_a_node_read_a_moment_ago_never_overwrites_a_change_that_came_meanwhile(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var sessions = new SessionNode(redis);
        var loader = Loader(redis);
        for (var round = 0; round < 20; round++)
        {
            var user = await SaveAsync(_ => { });
            var open = await sessions.OpenAsync(user);
            await redis.GetDatabase().KeyDeleteAsync(RedisKeys.Account(user.Id));
            user.ChangeRole(Domain.Identity.Role.Admin); // put in force, though this database still says user

            await Task.WhenAll(
                loader.LoadAsync(user.Id, CancellationToken.None),
                sessions.Sessions.RefreshAccountAsync(user, CancellationToken.None),
                loader.LoadAsync(user.Id, CancellationToken.None));

            Assert.Equal("admin", (await new GateNode(redis).CheckAsync(open)).TierName);
        }
    }

    private AccountLoader Loader(IConnectionMultiplexer redis) =>
        new(_services.GetRequiredService<IServiceScopeFactory>(), redis.GetDatabase(), new RedisClock());

    private async Task<User> SaveAsync(Action<User> change, Action<User>? openAs = null)
    {
        var user = SessionNode.NewUser();
        change(user);
        await using var scope = _services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        db.Users.Add(user);
        await db.SaveChangesAsync(CancellationToken.None);
        openAs?.Invoke(user);
        return user;
    }

    /// <summary>As where other nodes replay revocations, each just after this one has brought the account.</summary>
    private sealed class TakenAway(IAccountLoader inner, IConnectionMultiplexer redis, int times) : IAccountLoader
    {
        private int _left = times;

        public async Task<bool> LoadAsync(UserId user, CancellationToken ct)
        {
            var found = await inner.LoadAsync(user, ct);
            if (_left-- > 0)
                await redis.GetDatabase().KeyDeleteAsync(RedisKeys.Account(user));
            return found;
        }
    }
}
