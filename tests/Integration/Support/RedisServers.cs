using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(RedisServers))]

namespace MusicGen.Integration.Support;

public enum RedisKind
{
    /// <summary>The embedded one.</summary>
    Garnet,

    /// <summary>Debian's redis-server, as a child process.</summary>
    Redis,
}

/// <summary>
/// One server of each kind for the whole run, started when first asked for. Tests share them, so each uses users, addresses
/// and ids of its own. Usage:
/// <code>
/// [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
/// public async Task Name(RedisKind kind) { var node = await servers.NodeAsync(kind); … }
/// </code>
/// </summary>
public sealed class RedisServers : IAsyncLifetime
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly Dictionary<RedisKind, RunningRedis> _running = [];
    private readonly List<IConnectionMultiplexer> _nodes = [];

    public static TheoryData<RedisKind> Kinds { get; } = [RedisKind.Garnet, RedisKind.Redis];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A connection of its own, as one more node of the service has it.</summary>
    /// <param name="kind">To which.</param>
    /// <param name="database">Another one than 0 only of <see cref="RedisKind.Redis"/>: the embedded one has no more.</param>
    public async Task<IConnectionMultiplexer> NodeAsync(RedisKind kind, int database = 0)
    {
        var node = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse($"{await ConnectionStringAsync(kind)},defaultDatabase={database}"));
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    /// <summary>For a test that starts whole servers.</summary>
    public async Task<string> ConnectionStringAsync(RedisKind kind)
    {
        await _starting.WaitAsync();
        try
        {
            if (!_running.TryGetValue(kind, out var server))
                _running[kind] = server = await RunningRedis.StartAsync(kind, Directory.CreateTempSubdirectory("musicgen-redis-").FullName);
            return server.ConnectionString;
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        foreach (var server in _running.Values)
        {
            await server.DisposeAsync();
            Directory.Delete(server.Folder, recursive: true);
        }

        _starting.Dispose();
    }
}

/// <summary>A Redis of a test's own, for what is about all nodes of a service; gone with the test.</summary>
public sealed class OwnRedis : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-redis-").FullName;
    private readonly List<IConnectionMultiplexer> _nodes = [];
    private RunningRedis? _server;

    public async Task<IConnectionMultiplexer> NodeAsync(RedisKind kind)
    {
        _server ??= await RunningRedis.StartAsync(kind, _folder);
        var node = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(_server.ConnectionString));
        _nodes.Add(node);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>One server over one folder; a test that stops and kills it starts its own.</summary>
public sealed class RunningRedis : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";

    private readonly EmbeddedRedis? _embedded;
    private readonly Process? _process;
    private int _port;
    private string _password = string.Empty;

    private RunningRedis(string folder, string connectionString, EmbeddedRedis? embedded, Process? process)
    {
        Folder = folder;
        ConnectionString = connectionString;
        _embedded = embedded;
        _process = process;
    }

    public static bool IsInstalled => File.Exists(Program);

    public string Folder { get; }

    public string ConnectionString { get; }

    public int? ProcessId => _process?.Id;

    /// <param name="kind">Which.</param>
    /// <param name="folder">Where its data are, or will be.</param>
    /// <param name="inPlaceOf">A killed child process whose port and password the new one takes.</param>
    public static async Task<RunningRedis> StartAsync(RedisKind kind, string folder, RunningRedis? inPlaceOf = null)
    {
        if (kind == RedisKind.Garnet)
        {
            var embedded = await EmbeddedRedis.StartAsync(folder, NullLoggerFactory.Instance, CancellationToken.None);
            return new RunningRedis(folder, embedded.ConnectionString, embedded, process: null);
        }

        Assert.SkipUnless(IsInstalled, $"{Program} isn't on this machine.");
        var port = inPlaceOf?._port ?? Ports.Free();
        var password = inPlaceOf?._password ?? RandomNumberGenerator.GetHexString(32);
        var process = Process.Start(new ProcessStartInfo(Program)
        {
            ArgumentList =
            {
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--requirepass", password,
                "--appendonly", "yes", "--appendfsync", "always", "--save", string.Empty, "--daemonize", "no", "--logfile", "redis.log",
            },
        })!;
        var server = new RunningRedis(folder, $"127.0.0.1:{port},password={password}", embedded: null, process) { _port = port, _password = password };
        await server.AnswersAsync();
        return server;
    }

    /// <summary>kill -9; only for the child process.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
            await _embedded.DisposeAsync();
        if (_process is null)
            return;
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task AnswersAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var probe = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(ConnectionString));
                await probe.GetDatabase().PingAsync();
                return;
            }
            catch (RedisException) when (attempt < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
