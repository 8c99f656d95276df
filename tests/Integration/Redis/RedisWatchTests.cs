using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>The look for a primary that is no longer one outlives whatever it meets.</summary>
public sealed class RedisWatchTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_look_that_breaks_is_not_the_last()
    {
        var redis = DispatchProxy.Create<IConnectionMultiplexer, BrokenRedis>();
        var broken = (BrokenRedis)(object)redis;
        using var watch = new RedisWatch(redis, new RedisConnections(new ConfigurationOptions(), caFile: null, new RedisGeneration()), TimeProvider.System, NullLogger<RedisWatch>.Instance);

        await watch.StartAsync(Ct);
        while (broken.Looks < 2)
        {
            Assert.False(watch.ExecuteTask!.IsCompleted, watch.ExecuteTask.Exception?.Message);
            await Task.Delay(50, Ct);
        }

        await watch.StopAsync(Ct);
        Assert.True(watch.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_socket_whose_server_broke_off_or_that_is_closed_has_no_peer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Null(RedisConnections.PeerOf(socket));

        await socket.ConnectAsync(listener.LocalEndpoint, Ct);
        using (var server = await listener.AcceptSocketAsync(Ct))
            server.LingerState = new LingerOption(enable: true, seconds: 0); // a reset, as of a process that was killed
        Assert.True(socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
        Assert.True(socket.Connected);
        Assert.Null(RedisConnections.PeerOf(socket));

        socket.Dispose();
        Assert.Null(RedisConnections.PeerOf(socket));
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await other.ConnectAsync(listener.LocalEndpoint, Ct);
        Assert.Equal(listener.LocalEndpoint, RedisConnections.PeerOf(other));
    }

    public class BrokenRedis : DispatchProxy
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IConnectionMultiplexer.GetServers))
                Interlocked.Increment(ref _looks);
            throw new ObjectDisposedException("A socket, in this very moment.");
        }
    }
}
