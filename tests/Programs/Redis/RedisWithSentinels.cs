using System.Security.Cryptography;

namespace MusicGen.Programs.Redis;

/// <summary>A primary, its replica and three sentinels on loopback.</summary>
internal sealed class RedisWithSentinels : IAsyncDisposable
{
    public const string Service = "music";

    private const int Sentinels = 3;

    private readonly List<RedisProcess> _sentinels = [];
    private readonly string _password = RandomNumberGenerator.GetHexString(32);
    private readonly string _sentinelPassword = RandomNumberGenerator.GetHexString(32);

    private RedisWithSentinels()
    {
    }

    /// <summary>The primary of the beginning.</summary>
    public RedisProcess Primary { get; private set; } = null!;

    /// <summary>The replica of the beginning.</summary>
    public RedisProcess Replica { get; private set; } = null!;

    public IReadOnlyList<RedisProcess> Servers => [Primary, Replica];

    public IReadOnlyList<RedisProcess> AllSentinels => _sentinels;

    /// <summary>As the default user.</summary>
    public string Url => UrlOf("redis", $":{_password}", $"sentinelPassword={_sentinelPassword}");

    /// <param name="certificates">The folder of <see cref="Throwaway"/>, for servers and sentinels that speak TLS alone.</param>
    /// <param name="downAfterMilliseconds">How long the primary may be silent before the replica takes its place.</param>
    public static async Task<RedisWithSentinels> StartAsync(string? certificates = null, int downAfterMilliseconds = 1000)
    {
        var all = new RedisWithSentinels();
        try
        {
            await all.JoinAsync(certificates, downAfterMilliseconds);
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    public string UrlOf(string scheme, string user, string query) =>
        $"{scheme}+sentinel://{user}@{string.Join(',', _sentinels.Select(s => $"127.0.0.1:{s.Port}"))}/{Service}?{query}";

    /// <summary>Waits until the sentinels know the replica and each other, which takes them seconds.</summary>
    public async Task UntilReadyAsync()
    {
        foreach (var sentinel in _sentinels)
        {
            await sentinel.UntilAsync($"num-other-sentinels\n{Sentinels - 1}", "SENTINEL", "MASTER", Service);
            await sentinel.UntilAsync("num-slaves\n1", "SENTINEL", "MASTER", Service);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in _sentinels)
            await sentinel.DisposeAsync();
        foreach (var server in new[] { Replica, Primary })
        {
            if (server is not null)
                await server.DisposeAsync();
        }
    }

    private async Task JoinAsync(string? certificates, int downAfterMilliseconds)
    {
        Primary = await RedisProcess.StartAsync(_password, certificates);
        Replica = await RedisProcess.StartAsync(_password, certificates, "--replicaof", "127.0.0.1", $"{Primary.Port}");
        await Replica.UntilAsync("master_link_status:up", "INFO", "replication");
        await Task.WhenAll(Enumerable.Range(0, Sentinels).Select(async _ =>
        {
            var sentinel = await RedisProcess.StartSentinelAsync(_sentinelPassword, certificates, $"""
                sentinel monitor {Service} 127.0.0.1 {Primary.Port} 2
                sentinel auth-pass {Service} {_password}
                sentinel sentinel-pass {_sentinelPassword}
                sentinel down-after-milliseconds {Service} {downAfterMilliseconds}
                sentinel failover-timeout {Service} 2000

                """);
            lock (_sentinels)
                _sentinels.Add(sentinel); // at once, so that it ends with the others if one doesn't start
        }));
    }
}
