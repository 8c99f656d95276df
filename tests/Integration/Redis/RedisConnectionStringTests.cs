using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs.Redis;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

public sealed class RedisConnectionStringTests
{
    [Fact]
    public void A_connection_that_nobody_acknowledges_ends_after_three_seconds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have no such option.");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        RedisConnections.EndWhenUnheard(socket);

        var value = new byte[4];
        socket.GetRawSocketOption(6, 18, value); // TCP_USER_TIMEOUT
        Assert.Equal(3000, BitConverter.ToInt32(value));
    }

    [Theory]
    [InlineData("redis://cache", "cache", 6379, null, null, null, false)]
    [InlineData("redis://cache:7000/3", "cache", 7000, null, null, 3, false)]
    [InlineData("rediss://app:p%40ss%3Aword@cache.example.org:7001/0", "cache.example.org", 7001, "app", "p@ss:word", 0, true)]
    [InlineData("redis://:secret@cache", "cache", 6379, null, "secret", null, false)]
    [InlineData("redis://secret@cache", "cache", 6379, null, "secret", null, false)]
    [InlineData("REDIS://cache", "cache", 6379, null, null, null, false)]
    [InlineData("cache:7000,password=secret,ssl=true,defaultDatabase=2", "cache", 7000, null, "secret", 2, true)]
    public void Urls_and_native_strings_mean_the_same(
        string text, string host, int port, string? user, string? password, int? database, bool tls)
    {
        var options = RedisConnectionString.Parse(text);

        Assert.Equal(new DnsEndPoint(host, port), Assert.Single(options.EndPoints));
        Assert.Equal((user, password, database, tls), (options.User, options.Password, options.DefaultDatabase, options.Ssl));
    }

    [Theory]
    [InlineData("redis://app:p%40ss@a:7000,b,[::1]:7002", "a:7000 b:6379 [::1]:7002", false)]
    [InlineData("rediss://:secret@a,b:7001/0", "a:6379 b:7001", true)]
    [InlineData("a:7000,b:7001,password=secret", "a:7000 b:7001", false)]
    [InlineData("a,b,ssl=true", "a:6380 b:6380", true)]
    public void Several_hosts_are_a_cluster(string text, string hosts, bool tls)
    {
        var options = RedisConnectionString.Parse(text);

        Assert.Equal(hosts, string.Join(' ', options.EndPoints.Select(EndPointCollection.ToString)));
        Assert.Equal((tls, null), (options.Ssl, options.ServiceName));
    }

    [Theory]
    [InlineData("redis+sentinel://app:secret@a,b:7001/music", "a:26379 b:7001", "music", null, "", "")]
    [InlineData("rediss+sentinel://:secret@a/music/3?sentinelPassword=other%26more", "a:26379", "music", 3, "", "other&more")]
    [InlineData("redis+sentinel://a:1/my-music_1.x?sentinelUser=u&sentinelPassword=p", "a:1", "my-music_1.x", null, "u", "p")]
    [InlineData("a,b:7001,serviceName=music,user=app,password=secret", "a:26379 b:7001", "music", null, "", "")]
    [InlineData("a,serviceName=music,password=secret,sentinelUser=u,sentinelPassword=p", "a:26379", "music", null, "u", "p")]
    public void Sentinels_have_a_service_and_credentials_of_their_own(
        string text, string hosts, string service, int? database, string user, string password)
    {
        var options = RedisConnectionString.Parse(text);

        Assert.Equal(hosts, string.Join(' ', options.EndPoints.Select(EndPointCollection.ToString)));
        Assert.Equal((service, database, user, password), (options.ServiceName, options.DefaultDatabase, options.SentinelUser, options.SentinelPassword));
    }

    [Theory]
    [InlineData("rediss+sentinel://sentinel/music", true)]
    [InlineData("redis+sentinel://127.0.0.1/music", false)]
    [InlineData("127.0.0.1:26379,serviceName=music", false)]
    [InlineData("redis://127.0.0.1,localhost:7000", true)]
    [InlineData("redis://127.0.0.1,cache:7000", false)]
    [InlineData("rediss://cache,other", true)]
    public void What_sentinels_name_may_be_anywhere(string text, bool isProtected) => Assert.Equal(isProtected, RedisConnectionString.IsProtected(text));

    [Theory]
    [InlineData("redis://127.0.0.1:7000")]
    [InlineData("redis://[::1]:7000")]
    [InlineData("127.0.0.1:7000")]
    public void Addresses_are_taken_as_they_are(string text) =>
        Assert.Equal(7000, Assert.IsType<IPEndPoint>(Assert.Single(RedisConnectionString.Parse(text).EndPoints)).Port);

    [Theory]
    [InlineData("redis://")]
    [InlineData("redis://user:secret@cache/one")]
    [InlineData("redis://user:secret@cache?db=1")]
    [InlineData("cache,password=secret,no-such-option=1")]
    [InlineData("")]
    [InlineData("redis://user:secret@a,,b")]
    [InlineData("redis://user:secret@a,b/1")]
    [InlineData("redis://user:secret@a,a")]
    [InlineData("redis+sentinel://user:secret@a")]
    [InlineData("redis+sentinel://user:secret@a/my music")]
    [InlineData("redis+sentinel://user:secret@a/music/one")]
    [InlineData("redis+sentinel://user:secret@a/music?password=secret")]
    [InlineData("a,password=secret,serviceName=my music")]
    public void What_is_neither_is_refused_without_repeating_the_secret(string text)
    {
        var refusal = Assert.Throws<FormatException>(() => RedisConnectionString.Parse(text));

        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redis_that_is_gone_is_told_at_once_and_found_again_without_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-gone-").FullName;
        var server = await RunningRedis.StartAsync(RedisKind.Redis, folder);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(server.ConnectionString));
        var sessions = new SessionNode(redis);
        var open = await sessions.OpenAsync(SessionNode.NewUser());
        await server.KillAsync();
        await EventuallyAsync(() => !redis.IsConnected);

        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<RedisConnectionException>(() => sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None));

        Assert.InRange(clock.ElapsedMilliseconds, 0, 100);
        await using var again = await RunningRedis.StartAsync(RedisKind.Redis, folder, server);
        await EventuallyAsync(() => redis.IsConnected);

        // The new server doesn't know our scripts yet; nobody may notice.
        Assert.Equal(1, (await sessions.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value.Counter);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_becomes_a_replica_is_left_and_counts_as_another_one_when_it_leads_again()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        await using var server = await RedisProcess.StartAsync("password", certificates: null);
        await using var calls = new EveryRedisCall($"redis://:password@127.0.0.1:{server.Port}");
        var (redis, connections, generation) = (calls.Get<IConnectionMultiplexer>(), calls.Get<RedisConnections>(), calls.Get<RedisGeneration>());
        var watch = calls.Get<IEnumerable<IHostedService>>().OfType<RedisWatch>().Single();
        await redis.GetDatabase().PingAsync();
        await watch.StartAsync(TestContext.Current.CancellationToken);
        var before = generation.Value;

        await server.AskAsync("REPLICAOF", "127.0.0.1", "1");
        await EventuallyAsync(() => !redis.IsConnected);
        var refusal = await Record.ExceptionAsync(() => redis.GetDatabase().StringGetAsync("mg:key"));
        await EventuallyAsync(() => connections.Refusal is not null);
        var (reason, during) = (connections.Refusal, generation.Value);
        await server.AskAsync("REPLICAOF", "NO", "ONE");
        await EventuallyAsync(() => redis.IsConnected);

        Assert.True(refusal is not null && Outages.IsOutage(refusal), $"{refusal}");
        Assert.Equal("127.0.0.1 is a replica.", reason);
        Assert.Equal(before, during);
        Assert.True(generation.Value > before);
        await watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Several_servers_that_are_no_cluster_are_refused_and_told_apart_by_the_reason()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        await using var one = await RedisProcess.StartAsync("password", certificates: null);
        await using var other = await RedisProcess.StartAsync("password", certificates: null);
        await using var calls = new EveryRedisCall($"redis://:password@127.0.0.1:{one.Port},127.0.0.1:{other.Port}");

        var refusal = await Record.ExceptionAsync(() => calls.Get<IConnectionMultiplexer>().GetDatabase().StringSetAsync("mg:key", "1"));

        Assert.True(refusal is not null && Outages.IsOutage(refusal), $"{refusal}");
        Assert.Contains("belongs to no cluster", calls.Get<RedisConnections>().Refusal, StringComparison.Ordinal);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 200, "It didn't come true within ten seconds.");
            await Task.Delay(50);
        }
    }
}
