using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.Programs.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>The whole product on three redis-servers that share the slots.</summary>
public sealed class RedisClusterTests
{
    [Fact]
    public async Task A_persons_whole_way_works_on_a_cluster_by_TLS_with_the_documented_rights()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var certificates = Directory.CreateTempSubdirectory("musicgen-redis-tls-").FullName;
        Throwaway.Write(certificates, "redis");
        await using (var cluster = await RedisCluster.StartAsync(withReplicas: false, certificates))
        {
            foreach (var server in cluster.Servers)
                await server.AskAsync(LeastRights.OfServer);

            await using (var app = await MusicGenApp.StartAsync(
                ("REDIS_URL", cluster.UrlOf("rediss", LeastRights.User)), ("REDIS_CA_FILE", Path.Combine(certificates, "ca.pem")), ("RATE_LIMIT_FREE_BURST", "30")))
            {
                await PersonsWay.WalkAsync(app);
            }

            foreach (var server in cluster.Servers)
            {
                Assert.Empty(await server.AskAsync("ACL", "LOG"));
                Assert.DoesNotContain("keys=0", string.Join(' ', await server.AskAsync("INFO", "keyspace")), StringComparison.Ordinal);
            }
        }

        Directory.Delete(certificates, recursive: true);
    }
}
