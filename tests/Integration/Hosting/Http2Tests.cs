using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Hosting;

/// <summary>HTTP/2 over the program's own TLS, in frames of our own making: no client library would send these.</summary>
public sealed class Http2Tests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-h2-").FullName;
    private readonly int _port = Ports.Free();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Fields_of_a_connection_and_line_breaks_in_fields_are_refused()
    {
        await using var host = await StartAsync();
        (string Name, string Value)[] forbidden =
        [
            ("connection", "keep-alive"), ("transfer-encoding", "chunked"), ("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"),
            ("upgrade", "h2c"), ("te", "gzip"), ("x-a", "b\r\nx-c: d"), ("x-a", "b\nc"), ("x-a", "b\rc"), ("x-a", "b\0c"), ("x-a\r\nx-b", "c"), ("X-Upper", "a"),
        ];

        Assert.Equal("200", await StatusAsync(("x-a", "b"), ("te", "trailers")));
        foreach (var field in forbidden)
            Assert.Contains((field, await StatusAsync(field)), (((string, string), string)[])[(field, "400"), (field, "reset"), (field, "gone")]);
    }

    [Fact]
    public async Task Answers_by_HTTP_2_hold_no_field_of_a_connection()
    {
        await using var host = await StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOurs } });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{_port}/api/auth/session") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await client.SendAsync(request, Ct);

        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var name in (string[])["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"])
            Assert.Null(answer.Header(name));
    }

    [Fact]
    public async Task A_node_that_leaves_lets_each_connection_end_with_its_answer()
    {
        await using var host = await StartAsync();
        var connections = 0;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = IsOurs },
            ConnectCallback = async (where, ct) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(where.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        for (var request = 0; request < 3; request++)
            await LiveAsync(client);
        Assert.Equal(1, connections);

        host.App.Services.GetRequiredService<NodeLife>().Leave();
        await LiveAsync(client); // by the open connection, whose last it is
        await LiveAsync(client);

        Assert.InRange(connections, 2, 3);
    }

    private async Task LiveAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{_port}/health/live") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await client.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<ServerHost> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
        await File.WriteAllTextAsync(Path.Combine(_folder, "tls.key"), key.ExportPkcs8PrivateKeyPem(), Ct);
        await File.WriteAllTextAsync(Path.Combine(_folder, "tls.crt"), certificate.ExportCertificatePem(), Ct);
        return await ServerHost.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ENVIRONMENT"] = "Development",
                ["MUSICGEN_DATA"] = Path.Combine(_folder, "data"),
                ["LOG_LEVEL"] = "Critical",
                ["SHUTDOWN_GRACE_SECONDS"] = "5",
                ["TLS_CERTIFICATE_FILE"] = Path.Combine(_folder, "tls.crt"),
                ["TLS_KEY_FILE"] = Path.Combine(_folder, "tls.key"),
            },
            $"https://127.0.0.1:{_port}", Ct);
    }

    /// <summary>The answer to GET /health/live with these fields: its status, "reset" for the stream or "gone" for the connection.</summary>
    private async Task<string> StatusAsync(params (string Name, string Value)[] fields)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        timeout.CancelAfter(TimeSpan.FromSeconds(10));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port, timeout.Token);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = IsOurs,
        }, timeout.Token);
        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);

        using var block = new MemoryStream();
        foreach (var (name, value) in (IEnumerable<(string, string)>)[(":method", "GET"), (":scheme", "https"), (":path", "/health/live"), (":authority", $"127.0.0.1:{_port}"), .. fields])
        {
            block.WriteByte(0); // RFC 7541, 6.2.2: a literal without indexing, its name too
            Write(block, name);
            Write(block, value);
        }

        byte[] sent = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, []), .. Frame(1, 0x5, 1, block.ToArray())];
        await tls.WriteAsync(sent, timeout.Token);
        while (true)
        {
            var head = new byte[9];
            if (await tls.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, timeout.Token) < head.Length)
                return "gone";
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await tls.ReadExactlyAsync(payload, timeout.Token);
            switch (head[3])
            {
                case 1:
                    return Status(payload);
                case 3:
                    return "reset";
                case 7:
                    return "gone";
            }
        }
    }

    // RFC 7541, appendix A: 8 to 14 of the static table are statuses; any other comes as a literal of entry 8.
    private static string Status(byte[] block)
    {
        string[] known = ["200", "204", "206", "304", "400", "404", "500"];
        foreach (var b in block)
        {
            if (b is >= 0x88 and <= 0x8E)
                return known[b - 0x88];
        }

        return Encoding.Latin1.GetString(block);
    }

    private static void Write(MemoryStream block, string text)
    {
        block.WriteByte((byte)text.Length); // under 127, and not Huffman's
        block.Write(Encoding.Latin1.GetBytes(text));
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == "CN=127.0.0.1";
}
