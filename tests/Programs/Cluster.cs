using System.Security.Cryptography;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// The nodes of one service: one server with the embedded Redis, or two that share a redis-server, a database and a
/// secret. The limits stay on; their numbers are raised beyond what a run can reach.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly RedisProcess? _redis;
    private readonly string _secret = RandomNumberGenerator.GetHexString(64);
    private readonly string _shared = Directory.CreateTempSubdirectory("musicgen-shared-").FullName;

    private readonly string? _url;

    private Cluster(RedisProcess? redis, string? url) => (_redis, _url) = (redis, url);

    public IReadOnlyList<OwnServer> Nodes { get; private set; } = [];

    public bool HasRedisServer => _url is not null;

    /// <summary>Null with the embedded one.</summary>
    public RedisProcess? Redis => _redis;

    /// <param name="redis">garnet or redis-server.</param>
    /// <param name="variables">On top of what every node gets.</param>
    public static async Task<Cluster> StartAsync(string redis, params (string Name, string Value)[] variables)
    {
        var own = redis == "redis-server" ? await RedisProcess.StartAloneAsync() : null;
        return await StartAsync(new Cluster(own, own?.Url), variables);
    }

    /// <summary>Two nodes on a Redis that the run looks after.</summary>
    /// <param name="url">REDIS_URL.</param>
    /// <param name="variables">On top of what every node gets.</param>
    public static Task<Cluster> StartOnAsync(string url, params (string Name, string Value)[] variables) => StartAsync(new Cluster(redis: null, url), variables);

    public OwnServer Any() => Nodes[Random.Shared.Next(Nodes.Count)];

    public Task RestartRedisAsync() => _redis!.RestartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(_shared, recursive: true);
    }

    private static async Task<Cluster> StartAsync(Cluster cluster, (string Name, string Value)[] variables)
    {
        cluster.Nodes = [.. Enumerable.Range(0, cluster.HasRedisServer ? 2 : 1).Select(_ => new OwnServer(cluster.Variables(variables)))];
        foreach (var node in cluster.Nodes)
            await node.StartAsync();
        return cluster;
    }

    private Dictionary<string, string> Variables((string Name, string Value)[] extra)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["RATE_LIMIT_REFRESH_MINUTE"] = "1000000" };
        foreach (var tier in (string[])["FREE", "PREMIUM", "ENTERPRISE"])
        {
            foreach (var window in (string[])["MINUTE", "HOUR", "DAY", "BURST"])
                variables[$"RATE_LIMIT_{tier}_{window}"] = "100000000";
        }

        if (_url is not null)
        {
            variables["REDIS_URL"] = _url;
            variables["REDIS_PATIENCE_MS"] = "3000"; // what patience does is for `outage` to show
            variables["DATABASE_URL"] = $"Data Source={Path.Combine(_shared, "shared.db")}";
            variables["JWT_SECRET_KEY"] = _secret;
            variables["AUDIO_PATH"] = Path.Combine(_shared, "audio");
        }

        foreach (var (name, value) in extra)
            variables[name] = value;
        return variables;
    }
}
