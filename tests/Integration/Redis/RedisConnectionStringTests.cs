using System.Diagnostics;
using System.Net;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

public sealed class RedisConnectionStringTests
{
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

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 200, "It didn't come true within ten seconds.");
            await Task.Delay(50);
        }
    }
}
