using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>A redis-server that loses its last moments: its folder is put back as it was, as after a lost disk or from a snapshot.</summary>
internal sealed class RollbackRedis : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-rollback-").FullName;
    private readonly List<IConnectionMultiplexer> _connections = [];
    private RunningRedis? _server;

    private string Data => Path.Combine(_folder, "data");

    private string Snapshot => Path.Combine(_folder, "snapshot");

    public static async Task<RollbackRedis> StartAsync()
    {
        var redis = new RollbackRedis();
        Directory.CreateDirectory(redis.Data);
        redis._server = await RunningRedis.StartAsync(RedisKind.Redis, redis.Data);
        return redis;
    }

    /// <summary>A node that counts its connections as the product does.</summary>
    public async Task<ReplayingNode> NodeAsync(IRevocationLog log)
    {
        var generation = new RedisGeneration();
        var connections = new RedisConnections(RedisConnectionString.Parse(_server!.ConnectionString), caFile: null, generation);
        var redis = await ConnectionMultiplexer.ConnectAsync(connections.OptionsOfClient());
        _connections.Add(redis);
        return new ReplayingNode(redis, log, generation);
    }

    public void TakeSnapshot() => CopyFolder(Data, Snapshot);

    /// <summary>kill -9, the snapshot in place of the data, and up again at the same address.</summary>
    public async Task RollBackAsync()
    {
        await _server!.KillAsync();
        Directory.Delete(Data, recursive: true);
        CopyFolder(Snapshot, Data);
        var next = await RunningRedis.StartAsync(RedisKind.Redis, Data, inPlaceOf: _server);
        await _server.DisposeAsync();
        _server = next;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}

/// <summary>Store, blacklist and gate of one node, with one replay between them.</summary>
internal sealed class ReplayingNode
{
    public ReplayingNode(IConnectionMultiplexer redis, IRevocationLog log, RedisGeneration generation)
    {
        Redis = redis;
        var replay = SessionNode.Replay(redis, log, generation: generation);
        var store = new SessionNode(redis, log: log, replay: replay);
        Store = store;
        Gate = new GateNode(redis, limits: Generous, accounts: new PutsBack(store), log: log, replay: replay);
    }

    private static RateLimitOptions Generous { get; } = new() { Free = new RateLimits(1_000_000, 1_000_000, 1_000_000, 1_000_000) };

    public IConnectionMultiplexer Redis { get; }

    public SessionNode Store { get; }

    public GateNode Gate { get; }

    /// <summary>A database in which every user is an ordinary one.</summary>
    private sealed class PutsBack(SessionNode node) : IAccountLoader
    {
        public async Task<bool> LoadAsync(Domain.Identity.UserId user, CancellationToken ct)
        {
            await node.Database.HashSetAsync(RedisKeys.Account(user), [new("role", 0), new("tier", 0), new("disabled", 0)]);
            return true;
        }
    }
}
