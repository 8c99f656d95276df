using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace MusicGen.Integration.Auditing;

public sealed class SecurityLogTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_outcome_is_a_JSON_line_in_the_file_whatever_the_log_level()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("musicgen-log-").FullName, "deep", "security.jsonl"); // a folder that isn't there yet
        await using var app = await MusicGenApp.StartAsync(("SECURITY_LOG", $"file:{file}"), ("LOG_LEVEL", "Error"));
        using var browser = await app.RegisterAsync();
        using var wrong = await browser.LoginAsync(password: "this is not the password");
        await app.DisposeHostAsync();

        var lines = (await File.ReadAllLinesAsync(file, Ct)).Select(l => JsonNode.Parse(l)!).ToList();

        Assert.Equal(
            [("identity.register", "succeeded", null), ("identity.login", "denied", "auth.invalid_credentials")],
            lines.Select(l => (l["action"]!.GetValue<string>(), l["outcome"]!.GetValue<string>(), l["reason"]?.GetValue<string>())));
        Assert.All(lines, l => Assert.Equal(
            ["at", "sequence", "action", "event", "outcome", "reason", "proof", "actor", "subject", "address", "email_hash", "trace_id", "correlation"], l.AsObject().Select(p => p.Key)));
        Assert.Equal("login_failed", lines[1]["event"]!.GetValue<string>());
        Assert.Equal([null, "password"], lines.Select(l => l["proof"]?.GetValue<string>()));
        var text = await File.ReadAllTextAsync(file, Ct);
        Assert.DoesNotContain(browser.Email, text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"password\":", text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_collector_gets_them_by_OTLP()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        var heard = HearAsync(collector);
        var port = ((IPEndPoint)collector.LocalEndpoint).Port;
        await using var app = await MusicGenApp.StartAsync(("SECURITY_LOG", $"otlp:http://127.0.0.1:{port}/v1/logs"));
        using var browser = await app.RegisterAsync();
        await app.DisposeHostAsync();

        var request = await heard;

        Assert.StartsWith("POST /v1/logs HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("identity.register", request, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Email, request, StringComparison.Ordinal);
    }

    private static async Task<string> HearAsync(TcpListener collector)
    {
        using var client = await collector.AcceptTcpClientAsync(Ct);
        await using var stream = client.GetStream();
        var text = string.Empty;
        var buffer = new byte[64 * 1024];
        while (!text.Contains("identity.register", StringComparison.Ordinal) && await stream.ReadAsync(buffer, Ct) is > 0 and var read)
            text += System.Text.Encoding.Latin1.GetString(buffer, 0, read);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), Ct);
        return text;
    }
}
