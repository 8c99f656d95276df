using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Clients that keep a connection busy by doing next to nothing, over plain sockets: each is dropped, nobody else notices.</summary>
public class SlowClientTests(EdgeApp edge)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_sends_or_takes_next_to_nothing_is_cut_off_and_others_are_served_meanwhile()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS") is { Length: > 0 }, "It doesn't depend on which Redis the others use.");
        using var browser = await edge.RegisterAsync();
        var song = await browser.StartAsync("slow piano", duration: 60);
        await browser.WaitAsync(song, TimeSpan.FromMinutes(2));

        var dripping = DripAsync("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", 'a');
        var trickling = DripAsync(
            "POST /api/auth/forgot-password HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer junk\r\nContent-Length: 200\r\n\r\n", ' ');
        var idling = TakeLateAsync($"GET /api/v1/generate/{song}/audio?format=wav-f32 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {browser.Cookie("auth_token")}\r\n\r\n");
        while (!idling.IsCompleted)
        {
            using var other = edge.NewBrowser();
            using var answer = await other.GetAsync("/health/live");
            await answer.MustBeAsync(HttpStatusCode.OK);
            await Task.Delay(1000, Ct);
        }

        Assert.StartsWith("HTTP/1.1 408", await dripping, StringComparison.Ordinal);
        var refused = await trickling;
        Assert.StartsWith("HTTP/1.1 408", refused, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request.timeout\"", refused, StringComparison.Ordinal);
        Assert.InRange(await idling, 1, 15_000_000); // of 21 million
    }

    [Fact]
    public async Task An_address_has_so_many_connections_and_its_neighbour_has_its_own()
    {
        await using var app = await MusicGenApp.StartAsync(("MAX_CONNECTIONS_PER_ADDRESS", "8"), ("TRUSTED_PROXIES", "127.0.0.9"));
        var held = new List<Socket>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                held.Add(await ConnectAsync(app.Address, "127.0.0.2"));
                Assert.StartsWith("HTTP/1.1 200", await AskAsync(held[^1]), StringComparison.Ordinal);
            }

            using (var ninth = await ConnectAsync(app.Address, "127.0.0.2"))
                Assert.Equal(string.Empty, await AskAsync(ninth));
            using (var neighbour = await ConnectAsync(app.Address, "127.0.0.3"))
                Assert.StartsWith("HTTP/1.1 200", await AskAsync(neighbour), StringComparison.Ordinal);
            for (var i = 0; i < 10; i++)
            {
                held.Add(await ConnectAsync(app.Address, "127.0.0.9"));
                Assert.StartsWith("HTTP/1.1 200", await AskAsync(held[^1]), StringComparison.Ordinal); // a proxy brings everybody's
            }

            held[0].Dispose();
            await AnsweredSoonAsync(app.Address, "127.0.0.2");
        }
        finally
        {
            held.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public void Every_request_has_an_end_but_those_that_last_as_long_as_somebody_listens()
    {
        var services = edge.App.Services;
        Assert.Equal(TimeSpan.FromSeconds(60), services.GetRequiredService<IOptions<RequestTimeoutOptions>>().Value.DefaultPolicy?.Timeout);
        var endless = services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is not null).Select(e => e.RoutePattern.RawText).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
            ["api/v1/account/export/{id}", "api/v1/admin/audit/verify", "api/v1/generate/{task_id}/audio", "api/v1/generate/{task_id}/events", "api/v1/generate/{task_id}/stems", "api/v1/generate/{task_id}/stream"], endless);
    }

    /// <summary>Begins, then sends a byte a second until the server hangs up.</summary>
    /// <returns>What it said.</returns>
    private async Task<string> DripAsync(string beginning, char drop)
    {
        using var socket = await ConnectAsync(edge.App.Address, "127.0.0.1");
        await socket.SendAsync(Encoding.ASCII.GetBytes(beginning), Ct);
        var answer = ReadToEndAsync(socket);
        for (var second = 0; second < 60 && !answer.IsCompleted; second++)
        {
            try
            {
                await socket.SendAsync(new[] { (byte)drop }, Ct);
            }
            catch (SocketException)
            {
                break;
            }

            await Task.WhenAny(answer, Task.Delay(1000, Ct));
        }

        Assert.True(answer.IsCompleted, "It was never cut off.");
        return await answer;
    }

    /// <summary>Asks for much and reads nothing for as long as anybody may; then all that there is.</summary>
    /// <returns>How many bytes that was.</returns>
    private async Task<long> TakeLateAsync(string request)
    {
        using var socket = await ConnectAsync(edge.App.Address, "127.0.0.1", receiveBuffer: 4096);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), Ct);
        await Task.Delay(TimeSpan.FromSeconds(20), Ct);
        return await DrainAsync(socket);
    }

    private static async Task AnsweredSoonAsync(Uri server, string from)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            using var socket = await ConnectAsync(server, from);
            if ((await AskAsync(socket)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                return;
            await Task.Delay(50, Ct);
        }

        Assert.Fail("A place that became free was not given again.");
    }

    private static async Task<Socket> ConnectAsync(Uri server, string from, int receiveBuffer = 64 * 1024)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receiveBuffer };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, Ct);
        return socket;
    }

    private static async Task<string> AskAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), Ct);
            var buffer = new byte[4096];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Ct));
        }
        catch (SocketException)
        {
            return string.Empty;
        }
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        var said = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Ct) is > 0 and var read)
                said.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return said.ToString();
    }

    private static async Task<long> DrainAsync(Socket socket)
    {
        var total = 0L;
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, Ct) is > 0 and var read)
                total += read;
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return total;
    }
}
