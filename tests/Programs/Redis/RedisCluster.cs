using System.Security.Cryptography;

namespace MusicGen.Programs.Redis;

/// <summary>A cluster of redis-servers on loopback: primaries that share the slots, each with a replica or none.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;
    private const int Primaries = 3;

    private readonly List<RedisProcess> _servers = [];
    private readonly string _password = RandomNumberGenerator.GetHexString(32);

    private RedisCluster()
    {
    }

    /// <summary>The primaries of the beginning, then their replicas in the same order.</summary>
    public IReadOnlyList<RedisProcess> Servers => _servers;

    /// <summary>Of the primaries of the beginning, as the default user.</summary>
    public string Url => UrlOf("redis", $":{_password}");

    /// <param name="withReplicas">One for each primary.</param>
    /// <param name="certificates">The folder of <see cref="Throwaway"/>, for one that speaks TLS alone.</param>
    /// <param name="timeoutMilliseconds">How long a server may be silent before another takes its place.</param>
    public static async Task<RedisCluster> StartAsync(bool withReplicas, string? certificates = null, int timeoutMilliseconds = 2000)
    {
        var cluster = new RedisCluster();
        try
        {
            await cluster.StartServersAsync(withReplicas ? 2 * Primaries : Primaries, certificates, timeoutMilliseconds);
            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string UrlOf(string scheme, string user) => $"{scheme}://{user}@{string.Join(',', _servers.Take(Primaries).Select(s => $"127.0.0.1:{s.Port}"))}";

    /// <summary>The one that has a key's slot now.</summary>
    public async Task<RedisProcess> PrimaryOfAsync(string key)
    {
        var slot = (await _servers[0].AskAsync("CLUSTER", "KEYSLOT", key))[0];
        foreach (var server in _servers)
        {
            var mine = (await server.AskAsync("CLUSTER", "NODES"))[0].Split('\n').Single(l => l.Contains("myself", StringComparison.Ordinal));
            if (mine.Contains("master", StringComparison.Ordinal) && mine.Split(' ').Skip(8).Any(range => Holds(range, int.Parse(slot, System.Globalization.CultureInfo.InvariantCulture))))
                return server;
        }

        throw new InvalidOperationException($"Nobody has slot {slot}.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private static bool Holds(string range, int slot)
    {
        var ends = range.Split('-').Select(e => int.TryParse(e, out var end) ? end : -1).ToArray(); // a slot on its way stands in brackets
        return ends[0] >= 0 && slot >= ends[0] && slot <= ends[^1];
    }

    private async Task StartServersAsync(int count, string? certificates, int timeoutMilliseconds)
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            var server = await RedisProcess.StartAsync(
                _password, certificates, "--cluster-enabled", "yes", "--cluster-port", $"{Ports.Free()}", "--cluster-node-timeout", $"{timeoutMilliseconds}");
            lock (_servers)
                _servers.Add(server); // at once, so that it ends with the cluster if another one doesn't start
        }));
    }

    private async Task JoinAsync()
    {
        for (var i = 0; i < Primaries; i++)
        {
            await _servers[i].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{Slots * i / Primaries}", $"{(Slots * (i + 1) / Primaries) - 1}");
            await _servers[i].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
        }

        foreach (var server in _servers.Skip(1))
        {
            var bus = (await server.AskAsync("CONFIG", "GET", "cluster-port"))[1];
            await _servers[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{server.Port}", bus);
        }

        foreach (var server in _servers)
        {
            await server.UntilAsync($"cluster_known_nodes:{_servers.Count}", "CLUSTER", "INFO");
            await server.UntilAsync("cluster_state:ok", "CLUSTER", "INFO");
        }

        for (var i = Primaries; i < _servers.Count; i++)
            await _servers[i].AskAsync("CLUSTER", "REPLICATE", (await _servers[i - Primaries].AskAsync("CLUSTER", "MYID"))[0]);
        foreach (var replica in _servers.Skip(Primaries))
            await replica.UntilAsync("master_link_status:up", "INFO", "replication");
    }
}
