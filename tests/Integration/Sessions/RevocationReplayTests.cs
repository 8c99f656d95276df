using System.Globalization;
using Microsoft.Data.Sqlite;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace MusicGen.Integration.Sessions;

/// <summary>What was revoked stays revoked when Redis comes back without it.</summary>
public sealed class RevocationReplayTests(RedisServers servers)
{
    private readonly RecordedRevocations _log = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_a_token_and_a_reused_family_are_refused_by_the_first_answer_of_a_redis_that_lost_their_end()
    {
        await using var redis = await RollbackRedis.StartAsync();
        var node = await redis.NodeAsync(_log);
        var user = SessionNode.NewUser();
        var (closed, reused, living) = (await node.Store.OpenAsync(user), await node.Store.OpenAsync(user), await node.Store.OpenAsync(user));
        var first = (await node.Store.Sessions.RotateAsync(reused.RefreshToken, Ct)).Value;
        var second = (await node.Store.Sessions.RotateAsync(first.RefreshToken, Ct)).Value;
        redis.TakeSnapshot();

        await node.Store.Sessions.CloseAsync(user.Id, closed.Id, Ct);
        await node.Store.Blacklist.AddAsync(user.Id, "stolen", DateTimeOffset.UtcNow.AddMinutes(15), Ct);
        Assert.Equal(SessionErrors.RefreshReused, (await node.Store.Sessions.RotateAsync(reused.RefreshToken, Ct)).Error);
        await redis.RollBackAsync();

        Assert.Equal(GateOutcome.SessionEnded, (await FirstAsync(() => node.Gate.CheckAsync(closed))).Outcome);
        Assert.Equal(GateOutcome.SessionEnded, (await node.Gate.CheckAsync(second)).Outcome);
        Assert.Equal(SessionErrors.RefreshInvalid, (await node.Store.Sessions.RotateAsync(second.RefreshToken, Ct)).Error);
        Assert.Equal(GateOutcome.TokenRevoked, (await node.Gate.CheckAsync(living, jti: "stolen")).Outcome);
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(living)).Outcome);
        Assert.Equal([living.Id], (await node.Store.Sessions.ListAsync(user.Id, Ct)).Select(s => s.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_out_everywhere_holds_and_spares_the_one_kept_and_who_signed_in_after(bool keepsOne)
    {
        await using var redis = await RollbackRedis.StartAsync();
        var node = await redis.NodeAsync(_log);
        var user = SessionNode.NewUser();
        var (mine, other) = (await node.Store.OpenAsync(user), await node.Store.OpenAsync(user));
        redis.TakeSnapshot();

        await node.Store.Sessions.CloseAllAsync(user.Id, keepsOne ? mine.Id : null, Ct);
        await redis.RollBackAsync();
        var after = await FirstAsync(() => node.Store.OpenAsync(user)); // on what came back, before any replay

        Assert.Equal(SessionErrors.RefreshInvalid, (await node.Store.Sessions.RotateAsync(other.RefreshToken, Ct)).Error);
        Assert.Equal(keepsOne, await node.Store.Sessions.IsAliveAsync(user.Id, mine.Id, Ct));
        Assert.Equal(keepsOne ? GateOutcome.Allowed : GateOutcome.SessionEnded, (await node.Gate.CheckAsync(mine)).Outcome);
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(after)).Outcome);
    }

    [Fact]
    public async Task A_ban_holds_for_sessions_and_its_user_is_read_anew()
    {
        await using var redis = await RollbackRedis.StartAsync();
        var node = await redis.NodeAsync(_log);
        var user = SessionNode.NewUser();
        var open = await node.Store.OpenAsync(user);
        redis.TakeSnapshot();

        user.Disable();
        await node.Store.Sessions.RefreshAccountAsync(user, Ct);
        await redis.RollBackAsync();

        Assert.False(await FirstAsync(() => node.Store.Sessions.IsAliveAsync(user.Id, open.Id, Ct)));
        Assert.Equal(GateOutcome.SessionEnded, (await node.Gate.CheckAsync(open)).Outcome);
        Assert.False(await node.Store.Database.KeyExistsAsync(RedisKeys.Account(user.Id)));
    }

    [Fact]
    public async Task In_the_middle_of_traffic_nobody_slips_through_while_a_node_reconnects()
    {
        await using var redis = await RollbackRedis.StartAsync();
        var nodes = new[] { await redis.NodeAsync(_log), await redis.NodeAsync(_log) };
        var open = await nodes[0].Store.OpenAsync(SessionNode.NewUser());
        redis.TakeSnapshot();
        await nodes[0].Store.Sessions.CloseAsync(open.User, open.Id, Ct);
        using var stop = new CancellationTokenSource();
        var (let, refusedAfter, isBack) = (0, 0, false);

        var traffic = nodes.SelectMany(n => Enumerable.Repeat(n, 4)).Select(node => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var outcome = (await node.Gate.CheckAsync(open)).Outcome;
                    Interlocked.Add(ref let, outcome == GateOutcome.SessionEnded ? 0 : 1);
                    Interlocked.Add(ref refusedAfter, Volatile.Read(ref isBack) ? 1 : 0);
                }
                catch (Exception e) when (Outages.IsOutage(e))
                {
                    await Task.Delay(1, Ct);
                }
            }
        }, Ct)).ToArray();
        await redis.RollBackAsync();
        Volatile.Write(ref isBack, true);
        foreach (var node in nodes)
            await FirstAsync(() => node.Gate.CheckAsync(open));
        await stop.CancelAsync();
        await Task.WhenAll(traffic);

        Assert.Equal(0, let);
        Assert.NotEqual(0, refusedAfter);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Nobody_is_let_in_while_the_revocations_cant_be_read(RedisKind kind)
    {
        var node = new ReplayingNode(await servers.NodeAsync(kind), _log, new RedisGeneration());
        var open = await node.Store.OpenAsync(SessionNode.NewUser());
        _log.Before = () => throw new SqliteException("disk I/O error", 10);

        var refusals = new[]
        {
            await Record.ExceptionAsync(() => node.Gate.CheckAsync(open)),
            await Record.ExceptionAsync(() => node.Store.Sessions.RotateAsync(open.RefreshToken, Ct)),
            await Record.ExceptionAsync(() => node.Store.Sessions.IsAliveAsync(open.User, open.Id, Ct)),
            await Record.ExceptionAsync(() => node.Store.Sessions.ListAsync(open.User, Ct)),
        };

        Assert.All(refusals, e => Assert.True(e is not null && Outages.IsOutage(e), $"{e}"));
        _log.Before = () => Task.CompletedTask;
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(open)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_revocation_whose_row_cant_be_written_is_not_answered(RedisKind kind)
    {
        var node = new ReplayingNode(await servers.NodeAsync(kind), _log, new RedisGeneration());
        var open = await node.Store.OpenAsync(SessionNode.NewUser());
        Assert.Equal(GateOutcome.Allowed, (await node.Gate.CheckAsync(open)).Outcome);
        _log.Before = () => throw new SqliteException("disk I/O error", 10);

        await Assert.ThrowsAsync<SqliteException>(() => node.Store.Sessions.CloseAsync(open.User, open.Id, Ct));
        await Assert.ThrowsAsync<SqliteException>(() => node.Store.Blacklist.AddAsync(open.User, "jti", DateTimeOffset.UtcNow.AddMinutes(15), Ct));
        await Assert.ThrowsAsync<SqliteException>(() => node.Store.Sessions.CloseAllAsync(open.User, null, Ct));

        _log.Before = () => Task.CompletedTask;
        await node.Store.Sessions.CloseAllAsync(open.User, null, Ct); // nothing is left to end, and the row is written
        Assert.Equal(RevocationKind.User, Assert.Single(_log.Rows).Kind);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Replays_of_several_nodes_amid_refreshes_and_sign_ins_end_exactly_what_was_cut_off(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        for (var round = 0; round < 10; round++)
        {
            var log = new RecordedRevocations();
            var user = SessionNode.NewUser();
            var store = new SessionNode(redis);
            var old = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.OpenAsync(user)));
            var time = (string[])(await store.Database.ScriptEvaluateAsync("return redis.call('TIME')"))!; // the clock that says when a session was opened
            var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(time[0], CultureInfo.InvariantCulture)).AddMicroseconds(long.Parse(time[1], CultureInfo.InvariantCulture));
            await log.AddAsync(Revocation.OfUser(user.Id, old[0].Id, at, at.AddDays(90)));
            await Task.Delay(20, Ct);
            var nodes = Enumerable.Range(0, 4).Select(_ => new ReplayingNode(redis, log, new RedisGeneration())).ToArray();

            var young = nodes.Select(n => n.Store.OpenAsync(user)).ToArray();
            await Task.WhenAll(
            [
                .. nodes.SelectMany(n => old.Skip(1).Select(async o => Assert.Equal(GateOutcome.SessionEnded, (await n.Gate.CheckAsync(o)).Outcome))),
                .. nodes.SelectMany(n => old.Skip(1).Select(async o => Assert.False((await n.Store.Sessions.RotateAsync(o.RefreshToken, Ct)).IsSuccess))),
                .. nodes.Select(async n => Assert.True((await n.Store.Sessions.RotateAsync(old[0].RefreshToken, Ct)).IsSuccess)),
                .. young,
            ]);

            var alive = young.Select(y => y.Result.Id).Append(old[0].Id).Select(id => id.Value).Order(StringComparer.Ordinal);
            Assert.Equal(alive, (await nodes[0].Store.Sessions.ListAsync(user.Id, Ct)).Select(s => s.Id.Value).Order(StringComparer.Ordinal));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_request_still_costs_one_round_trip(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var node = new ReplayingNode(redis, _log, new RedisGeneration());
        var open = await node.Store.OpenAsync(SessionNode.NewUser());
        await node.Store.Sessions.CloseAsync(open.User, (await node.Store.OpenAsync(SessionNode.NewUser())).Id, Ct);
        await node.Gate.CheckAsync(open);
        var profile = new ProfilingSession();
        redis.RegisterProfiler(() => profile);

        for (var request = 0; request < 10; request++)
            await node.Gate.CheckAsync(open);

        var commands = profile.FinishProfiling().Select(c => c.Command).ToList();
        Assert.Equal(10, commands.Count);
        Assert.All(commands, c => Assert.StartsWith("EVAL", c, StringComparison.Ordinal)); // by hash, or whole where the server was asked by another client last
    }

    /// <summary>The first answer after an outage.</summary>
    private static async Task<T> FirstAsync<T>(Func<Task<T>> question)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await question();
            }
            catch (Exception e) when (attempt < 1000 && Outages.IsOutage(e))
            {
                await Task.Delay(10, Ct);
            }
        }
    }
}
