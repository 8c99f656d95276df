using System.Net;
using System.Net.Sockets;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>What sentinels say, where it is a name.</summary>
public sealed class RedisSentinelsTests
{
    private static readonly IPAddress[] Addresses = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::1")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_with_several_addresses_is_one_primary_whatever_their_order()
    {
        var asked = -1;
        var sentinels = new List<TcpListener>();
        var options = new ConfigurationOptions { ServiceName = "music" };
        foreach (var host in new[] { "redis.example.org", "redis.example.org", "redis.example.org", "192.0.2.9", "192.0.2.9" })
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            sentinels.Add(listener);
            options.EndPoints.Add(listener.LocalEndpoint);
            _ = AnswerAsync(listener, host);
        }

        var looks = new RedisSentinels(options, tls: null, (_, _) => Task.FromResult(Rotated(Interlocked.Increment(ref asked))));
        for (var look = 0; look < 6; look++)
        {
            var primary = await looks.FindPrimaryAsync(Ct);

            // Three of five say so, though DNS told each of them another first address.
            Assert.All(Addresses, a => Assert.True(primary!.IsAt(new IPEndPoint(a, 6380)), $"{a} isn't at {string.Join(", ", primary!.Addresses)}"));
            Assert.False(primary!.IsAt(new IPEndPoint(Addresses[0], 6379)));
            Assert.False(primary.IsAt(new IPEndPoint(IPAddress.Parse("192.0.2.9"), 6380)));
        }

        Assert.All(Addresses, a => Assert.Equal("redis.example.org", looks.NameOf(new IPEndPoint(a, 6380))));
        sentinels.ForEach(s => s.Dispose());
    }

    private static IPAddress[] Rotated(int by) => [.. Addresses.Select((_, i) => Addresses[(i + by) % Addresses.Length])];

    // As much of a sentinel as is asked: each conversation is one question.
    private static async Task AnswerAsync(TcpListener listener, string host)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Ct);
                var buffer = new byte[1024];
                if (await client.GetStream().ReadAsync(buffer, Ct) > 0)
                    await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"*2\r\n${host.Length}\r\n{host}\r\n$4\r\n6380\r\n"), Ct);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }
}
