using System.Reflection;
using System.Text;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>What a call to Redis takes lies on one slot of a cluster, for every call of the product.</summary>
public sealed class RedisSlotTests(RedisServers servers)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string[] AllScripts { get; } =
        [.. typeof(RedisKeys).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".lua", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_keys_of_every_call_are_on_one_slot_and_no_script_is_left_out(RedisKind kind)
    {
        await using var calls = new EveryRedisCall(await servers.ConnectionStringAsync(kind));

        await calls.WalkAsync(Ct);

        MustBeWhole(calls);
    }

    [Fact]
    public async Task Every_script_runs_on_a_cluster_of_three_and_waits_where_its_slot_is_moved()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        await using var cluster = await RedisCluster.StartAsync(withReplicas: false);
        await using var calls = new EveryRedisCall(cluster.Url);

        await calls.WalkAsync(Ct);

        MustBeWhole(calls);
        Assert.True(calls.Calls.Select(c => Slot(c.Keys[0].ToString()) * 3 / 16384).Distinct().Count() > 1, "All of it went to one server.");

        // While a slot is on its way, a call of several keys can be answered by neither server.
        var user = Guid.CreateVersion7().ToString();
        var from = await cluster.PrimaryOfAsync($"{{{user}}}");
        var to = cluster.Servers.First(s => s != from);
        var slot = Slot($"{{{user}}}").ToString(System.Globalization.CultureInfo.InvariantCulture);
        await from.AskAsync("SET", $"{{{user}}}:there", "1");
        await to.AskAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", (await from.AskAsync("CLUSTER", "MYID"))[0]);
        await from.AskAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", (await to.AskAsync("CLUSTER", "MYID"))[0]);
        var refusal = await Record.ExceptionAsync(() => calls.Get<StackExchange.Redis.IDatabase>().ScriptEvaluateAsync(
            "return 1", [$"{{{user}}}:there", $"{{{user}}}:not-there"]));
        Assert.True(refusal is not null && Outages.IsOutage(refusal), $"{refusal}");
    }

    private static void MustBeWhole(EveryRedisCall calls)
    {
        var sources = AllScripts.ToDictionary(Source, n => n, StringComparer.Ordinal);
        Assert.NotEmpty(AllScripts);
        Assert.Equal(AllScripts, calls.Calls.Where(c => c.Script is not null).Select(c => sources[c.Script!]).Distinct().Order(StringComparer.Ordinal));
        Assert.All(calls.Calls, c => Assert.True(
            c.Keys.Select(k => Slot(k.ToString())).Distinct().Count() == 1, $"{c.Name} takes keys of several slots: {string.Join(", ", c.Keys)}"));
    }

    private static string Source(string resource)
    {
        using var reader = new StreamReader(typeof(RedisKeys).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    /// <summary>redis.io, "Redis cluster specification": CRC16 (XMODEM) of what stands between the first braces, or of all.</summary>
    private static int Slot(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        var close = open < 0 ? -1 : key.IndexOf('}', open);
        var tag = close > open + 1 ? key[(open + 1)..close] : key;
        var crc = 0;
        foreach (var octet in Encoding.UTF8.GetBytes(tag))
        {
            crc ^= octet << 8;
            for (var bit = 0; bit < 8; bit++)
                crc = ((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xFFFF;
        }

        return crc % 16384;
    }
}
