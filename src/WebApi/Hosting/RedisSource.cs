using System.Text.Json;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// The Redis of this process: the configured one, the one that it runs itself, or, for a command beside a running server,
/// the server's.
/// </summary>
internal sealed class RedisSource : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly EmbeddedRedis? _own;
    private readonly FolderLock? _hold;

    private RedisSource(string connectionString, EmbeddedRedis? own, FolderLock? hold, string? publicUrl = null)
    {
        ConnectionString = connectionString;
        PublicUrl = publicUrl;
        _own = own;
        _hold = hold;
    }

    /// <summary>Holds the password.</summary>
    public string ConnectionString { get; }

    /// <summary>Where the running server is reached, for links that a command makes beside it; null without one.</summary>
    public string? PublicUrl { get; }

    public bool IsEmbedded => _own is not null;

    /// <summary>For a server that owns its folder: waits for a command that runs the embedded Redis, then runs it and leaves its address.</summary>
    /// <exception cref="StartRefusedException">A command held it for thirty seconds.</exception>
    public static async Task<RedisSource> ForServerAsync(ServiceSettings settings, DataFolder folder, ILoggerFactory loggers, CancellationToken ct)
    {
        if (settings["Redis:ConnectionString"] is { } configured)
            return new RedisSource(configured, own: null, hold: null);

        File.Delete(folder.RedisAddress); // of an earlier server, whose password no longer opens anything
        var hold = await FolderLock.WaitAsync(folder.RedisLock, Patience, ct)
            ?? throw new StartRefusedException($"A command has been using the data folder {folder.Path} for thirty seconds. Start again when it is done.");
        var source = await StartAsync(folder, hold, loggers, ct);
        await AtomicFile.WriteAsync(folder.RedisAddress, JsonSerializer.SerializeToUtf8Bytes(new RedisAddress(source.ConnectionString, settings["Accounts:PublicUrl"])), ct);
        return source;
    }

    /// <summary>For a command: the configured Redis, the running server's, or its own.</summary>
    /// <exception cref="StartRefusedException">None of them could be had within thirty seconds.</exception>
    public static async Task<RedisSource> ForCommandAsync(ServiceSettings settings, DataFolder folder, ILoggerFactory loggers, CancellationToken ct)
    {
        if (settings["Redis:ConnectionString"] is { } configured)
            return new RedisSource(configured, own: null, hold: null);

        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            // Only a living server's address counts; a dead one leaves the file but not the lock.
            if (FolderLock.IsHeld(folder.ServerLock))
            {
                if (await ReadAddressAsync(folder, ct) is { } address)
                    return new RedisSource(address.ConnectionString, own: null, hold: null, address.PublicUrl);
            }
            else if (FolderLock.TryTake(folder.RedisLock) is { } hold)
            {
                return await StartAsync(folder, hold, loggers, ct);
            }

            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        throw new StartRefusedException($"The data folder {folder.Path} has been in use for thirty seconds by a server that is starting or another command.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
            await _own.DisposeAsync();
        if (_hold is not null)
            await _hold.DisposeAsync();
    }

    private static async Task<RedisSource> StartAsync(DataFolder folder, FolderLock hold, ILoggerFactory loggers, CancellationToken ct)
    {
        try
        {
            var redis = await EmbeddedRedis.StartAsync(folder.File("redis"), loggers, ct);
            return new RedisSource(redis.ConnectionString, redis, hold);
        }
        catch
        {
            await hold.DisposeAsync();
            throw;
        }
    }

    private static async Task<RedisAddress?> ReadAddressAsync(DataFolder folder, CancellationToken ct)
    {
        try
        {
            return JsonSerializer.Deserialize<RedisAddress>(await File.ReadAllTextAsync(folder.RedisAddress, ct));
        }
        catch (FileNotFoundException)
        {
            return null; // the server is still starting
        }
    }

    /// <summary>What <c>redis.json</c> holds.</summary>
    private sealed record RedisAddress(string ConnectionString, string? PublicUrl = null);
}
