using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The image's health check ends with 0 where the server says 200, and with nothing else.</summary>
public sealed class HealthScriptTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 1)]
    [InlineData("", 1)]
    public async Task It_asks_where_the_server_listens(string answer, int expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/bash"), "There is no bash.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = AnswerAsync(listener, answer);

        var code = await RunAsync(((IPEndPoint)listener.LocalEndpoint).Port, "/health/ready");

        Assert.Equal(expected, code);
        Assert.StartsWith("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n", await asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_no_health()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/bash"), "There is no bash.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(1, await RunAsync(port));
    }

    private static async Task<string> AnswerAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var asked = new StringBuilder();
        var buffer = new byte[1024];

        // Bash sends a line at a time. Closing on what is still unread would take the answer back.
        while (!asked.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (read == 0)
                break;
            asked.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return asked.ToString();
    }

    private static async Task<int> RunAsync(int port, params string[] arguments)
    {
        var info = new ProcessStartInfo("/usr/bin/bash", [Path.Combine(DeployFiles.Root, "deploy/docker/health"), .. arguments]) { RedirectStandardError = true, UseShellExecute = false };
        info.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://*:{port}");
        using var process = Process.Start(info)!;
        _ = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
