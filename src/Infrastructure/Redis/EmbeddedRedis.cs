using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Microsoft.Extensions.Logging;
using Tsavorite.core;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// The Redis of a server that has none: Garnet in this process, on a loopback port of its own behind a password that is
/// new at each start. A write is on disk before it is answered, so what was answered survives a kill.
/// </summary>
public sealed class EmbeddedRedis : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, IPEndPoint endPoint, string password)
    {
        _server = server;
        EndPoint = endPoint;
        Password = password;
    }

    /// <summary>Where it listens: always on loopback.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>256 random bits in hexadecimal digits.</summary>
    public string Password { get; }

    /// <summary>What <see cref="RedisConnectionString"/> reads; holds the password.</summary>
    public string ConnectionString => $"{EndPoint},password={Password}";

    /// <summary>Starts, and brings back what an earlier start left in the folder.</summary>
    /// <param name="folder">Its own folder, made if missing; nobody else may use it meanwhile.</param>
    /// <param name="loggers">Takes what Garnet warns of.</param>
    /// <param name="ct">Cancels between attempts to find a free port.</param>
    /// <exception cref="SocketException">No port could be had.</exception>
    public static Task<EmbeddedRedis> StartAsync(string folder, ILoggerFactory loggers, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        for (var attempt = 1; ; attempt++)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                return Task.FromResult(Start(folder, loggers));
            }
            catch (SocketException) when (attempt < Attempts)
            {
                // Somebody took the port between our looking and Garnet's binding it; there are others.
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    private static EmbeddedRedis Start(string folder, ILoggerFactory loggers)
    {
        PoolThreads.PrepareForBlocking();
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var password = RandomNumberGenerator.GetHexString(64, lowercase: true);
        var server = new GarnetServer(Options(folder, endPoint, password), new GarnetLoggers(loggers));
        try
        {
            server.Start();
            return new EmbeddedRedis(server, endPoint, password);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>
    /// Small in memory, whole on disk. The storage tier holds what doesn't fit (without it the oldest keys vanish in
    /// silence), the append-only file every write since the last checkpoint, which its size limit triggers.
    /// </summary>
    private static GarnetServerOptions Options(string folder, IPEndPoint endPoint, string password) => new(logger: null)
    {
        EndPoints = [endPoint],
        AuthSettings = new AclAuthenticationPasswordSettings(null, password),
        QuietMode = true,
        MaxDatabases = 1,

        LogMemorySize = "32m",
        PageSize = "1m",
        SegmentSize = "64m",
        ObjectLogSegmentSize = "64m",
        IndexMemorySize = "2m",
        EnableStorageTier = true,
        LogDir = folder,
        DeviceType = DeviceType.FileStream, // managed: needs no native library

        EnableAOF = true,
        WaitForCommit = true,
        AofMemorySize = "8m",
        AofPageSize = "2m",
        AofSegmentSize = "64m",
        AofSizeLimit = "64m",
        CheckpointDir = folder,
        Recover = true,
        FailOnRecoveryError = true,
        CompactionFrequencySecs = 60,
        CompactionType = LogCompactionType.Scan,
        CompactionMaxSegments = 4,

        EnableLua = true,
        LuaTransactionMode = true, // without it scripts interleave
        LuaOptions = new LuaOptions(LuaMemoryManagementMode.Tracked, "2m", TimeSpan.FromSeconds(5), LuaLoggingMode.Silent, []),
    };
}
