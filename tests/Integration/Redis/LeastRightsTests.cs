using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>The Redis user of docs/connections.md: with its rights the whole product works, and beyond the product it may nothing.</summary>
public sealed class LeastRightsTests
{
    [Fact]
    public async Task The_documented_user_suffices_for_a_persons_whole_way_and_for_nothing_else()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var folder = Directory.CreateTempSubdirectory("musicgen-acl-").FullName;
        await using var redis = await RunningRedis.StartAsync(RedisKind.Redis, folder);
        await using (var admin = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(redis.ConnectionString)))
        {
            await admin.GetDatabase().ExecuteAsync("ACL", [.. LeastRights.OfServer[1..]]);
            var address = $"{redis.ConnectionString.Split(',')[0]},user=musicgen,password=PASSWORD";
            await admin.GetDatabase().ExecuteAsync("ACL", "LOG", "RESET");

            await using (var app = await MusicGenApp.StartAsync(("REDIS_URL", address), ("RATE_LIMIT_FREE_BURST", "30")))
            {
                await PersonsWay.WalkAsync(app);
            }

            var refused = (RedisResult[])(await admin.GetDatabase().ExecuteAsync("ACL", "LOG"))!;
            Assert.Empty(refused.Select(e => ((RedisResult[])e!)[7].ToString()).Distinct());

            var options = RedisConnectionString.Parse(address);
            (options.AllowAdmin, options.CommandMap) = (true, CommandMap.Default); // or the client itself would refuse
            await using var user = await ConnectionMultiplexer.ConnectAsync(options);
            foreach (var command in (string[])["FLUSHALL", "FLUSHDB", "SHUTDOWN", "KEYS *", "CONFIG GET *", "CONFIG SET dir /tmp", "ACL LIST", "SAVE", "REPLICAOF NO ONE", "MODULE LIST", "SCRIPT KILL", "SET other 1", "GET other", "EVAL return(redis.call('set','other','1')) 0"])
            {
                var words = command.Split(' ');
                var no = await Assert.ThrowsAnyAsync<Exception>(() => user.GetDatabase().ExecuteAsync(words[0], words[1..].Select(w => (object)w).ToArray()));
                Assert.Matches("NOPERM|can't access|ACL failure", no.ToString()); // the latter two from within a script
            }
        }

        await redis.KillAsync();
        Directory.Delete(folder, recursive: true);
    }
}
