using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

public sealed class RedisScriptTests
{
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_server_that_lost_its_scripts_gets_them_again(RedisKind kind)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-scripts-").FullName;
        await using (var server = await RunningRedis.StartAsync(kind, folder))
        {
            var options = RedisConnectionString.Parse(server.ConnectionString);
            options.AllowAdmin = true;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            var script = RedisScript.Named("find_session");

            for (var loss = 0; loss < 3; loss++)
            {
                await redis.GetDatabase().ExecuteAsync("SCRIPT", "FLUSH");
                Assert.Equal(0, (int)await script.RunAsync(redis.GetDatabase(), ["mg:{u}:session:s", "mg:{u}:sessions"], "s", "1"));
            }
        }

        Directory.Delete(folder, recursive: true);
    }
}
