using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MusicGen.Integration.Edge;

/// <summary>
/// Bytes as an attacker between two servers would choose them: a message whose end two readers could see in two places is
/// refused and its connection closed, so that what follows is never read as a request.
/// </summary>
public sealed class RawHttpTests(EdgeApp edge)
{
    private const string Smuggled = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")]
    [InlineData("Content-Length: 5, 5\r\n", "hello")]
    [InlineData("Content-Length: 0x5\r\n", "hello")]
    [InlineData("Content-Length: -1\r\n", "")]
    [InlineData("Content-Length: 5a\r\n", "hello")]
    [InlineData("Content-Length: 18446744073709551621\r\n", "hello")]
    [InlineData("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: identity\r\n", "")]
    [InlineData("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")]
    [InlineData("X-A: b\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("X-A: b\r\n\tc\r\n", "")]
    [InlineData("X-A: b\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("X-A\0: b\r\n", "")]
    [InlineData("X-A: b\0c\r\n", "")]
    [InlineData(": b\r\n", "")]
    [InlineData("X A: b\r\n", "")]
    public async Task A_message_of_two_possible_lengths_is_refused_and_the_connection_closed(string headers, string body)
    {
        var answers = await SendAsync($"POST /api/auth/refresh HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}\r\n{body}{Smuggled}");

        Assert.StartsWith("HTTP/1.1 400 ", answers, StringComparison.Ordinal);
        Assert.Equal(1, Count(answers));
    }

    // RFC 9112, 6.1: Transfer-Encoding overrides, and a server that goes on with such a message closes afterwards.
    [Theory]
    [InlineData("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")]
    public async Task Both_lengths_at_once_smuggle_nothing(string headers)
    {
        var answers = await SendAsync($"POST /api/auth/refresh HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}\r\n0\r\n\r\n{Smuggled}");

        Assert.Equal(1, Count(answers));
        Assert.DoesNotContain("healthy", answers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5\r\nhelloX0\r\n\r\n")]
    [InlineData("zz\r\nhello\r\n0\r\n\r\n")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 \nhello\r\n0\r\n\r\n")]
    [InlineData("5\nhello\n0\n\n")]
    [InlineData("FFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    public async Task Junk_in_a_chunk_is_refused_and_the_connection_closed(string chunks)
    {
        using var browser = edge.NewBrowser();
        var token = await browser.FetchTokenAsync();

        // To an action that reads its body, past the rule against forged requests: the framing itself is judged.
        var answers = await SendAsync(
            $"POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-CSRF-Token: {token}\r\n"
            + $"Cookie: csrf_token={browser.Cookie("csrf_token")}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{Smuggled}");

        Assert.StartsWith("HTTP/1.1 400 ", answers, StringComparison.Ordinal);
        Assert.Equal(1, Count(answers));
        Assert.DoesNotContain("healthy", answers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /health/live HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1 evil\r\n\r\n")]
    [InlineData("GET /health/live\r\nX: HTTP/1.1\r\n\r\n")]
    [InlineData("GET  /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /health/live HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\rHost: 127.0.0.1\r\n\r\n")]
    [InlineData("G\0T /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    [InlineData("GET /health/live%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    public async Task A_malformed_head_is_refused(string head)
    {
        var answers = await SendAsync(head);

        Assert.Matches("^HTTP/1.1 (400|505) ", answers);
        Assert.DoesNotContain("healthy", answers, StringComparison.Ordinal);
    }

    // The counterpart: what is well formed passes by the same way, or the tests above would prove nothing.
    [Fact]
    public async Task A_message_of_one_length_is_answered()
    {
        var answers = await SendAsync($"{Smuggled}GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

        Assert.Equal(2, Count(answers));
        Assert.Equal(2, answers.Split("\"healthy\"").Length - 1);
    }

    private static int Count(string answers) => answers.Split("HTTP/1.1 ").Length - 1;

    /// <summary>Everything that comes back until the server hangs up.</summary>
    private async Task<string> SendAsync(string bytes)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        timeout.CancelAfter(TimeSpan.FromSeconds(10));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, edge.App.Address.Port, timeout.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), timeout.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, timeout.Token);
        }
        catch (IOException)
        {
            // It hung up before it had read all that was sent.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
