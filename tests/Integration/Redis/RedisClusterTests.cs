using System.Globalization;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.Programs.Redis;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>The whole product on three redis-servers that share the slots, by TLS and with the documented rights.</summary>
public sealed class RedisClusterTests : IDisposable
{
    private readonly string _certificates = Directory.CreateTempSubdirectory("musicgen-redis-tls-").FullName;

    private string CaFile => Path.Combine(_certificates, "ca.pem");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_certificates, recursive: true);

    [Fact]
    public async Task Every_script_and_a_persons_whole_way_work_and_a_slot_on_its_way_makes_people_wait()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        Throwaway.Write(_certificates, "redis");
        await using var cluster = await RedisCluster.StartAsync(withReplicas: false, _certificates);
        foreach (var server in cluster.Servers)
            await server.AskAsync(LeastRights.OfServer);
        var url = cluster.UrlOf("rediss", LeastRights.User);

        await using (var calls = new EveryRedisCall(url, CaFile))
        {
            await calls.WalkAsync(Ct);
            calls.MustBeWhole();
            Assert.True(calls.Calls.Select(c => ClusterSlot.Of(c.Keys[0].ToString()) * 3 / ClusterSlot.Count).Distinct().Count() > 1, "All of it went to one server.");
            await MoveASlotAsync(cluster, calls.Get<IDatabase>());
        }

        await using (var app = await MusicGenApp.StartAsync(("REDIS_URL", url), ("REDIS_CA_FILE", CaFile), ("RATE_LIMIT_FREE_BURST", "30")))
            await PersonsWay.WalkAsync(app);

        foreach (var server in cluster.Servers)
            Assert.Empty(await server.AskAsync("ACL", "LOG"));
    }

    // A call of several keys, one of which isn't there, can be answered by neither server.
    private static async Task MoveASlotAsync(RedisCluster cluster, IDatabase database)
    {
        var tag = $"mg:{{{Guid.CreateVersion7()}}}";
        var slot = ClusterSlot.Of(tag).ToString(CultureInfo.InvariantCulture);
        await database.StringSetAsync($"{tag}:there", "1", TimeSpan.FromMinutes(1));
        var from = await cluster.PrimaryOfAsync(tag);
        var to = cluster.Servers.First(s => s != from);
        var (fromId, toId) = ((await from.AskAsync("CLUSTER", "MYID"))[0], (await to.AskAsync("CLUSTER", "MYID"))[0]);
        await to.AskAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
        await from.AskAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);

        var refusal = await Record.ExceptionAsync(() => database.ScriptEvaluateAsync("return 1", [$"{tag}:there", $"{tag}:not-there"]));

        Assert.True(refusal is not null && Outages.IsOutage(refusal), $"{refusal}");
        await from.AskAsync("CLUSTER", "SETSLOT", slot, "STABLE");
        await to.AskAsync("CLUSTER", "SETSLOT", slot, "STABLE");
        Assert.Equal(1, (int)await database.ScriptEvaluateAsync("return 1", [$"{tag}:there", $"{tag}:not-there"]));
    }
}
