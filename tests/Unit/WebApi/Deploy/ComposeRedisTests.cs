using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The compose file's Redis is its container's first process, ends when it is told to, and shows its password in no list of processes.</summary>
public sealed class ComposeRedisTests
{
    private const string Password = "shown-to-nobody-by-ps";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shell_becomes_a_redis_server_that_asks_for_the_password()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "There is no redis-server here (Debian's package).");
        var folder = Directory.CreateTempSubdirectory("musicgen-redis-").FullName;
        var socket = Path.Combine(folder, "redis.sock");
        var command = DeployFiles.Texts(DeployFiles.Yaml("deploy/compose.yaml")["services"]!["redis"]!["command"]);
        var script = command[2].Replace("$$", "$", StringComparison.Ordinal).Replace(" --dir /data", $" --dir {folder} --port 0 --unixsocket {socket}", StringComparison.Ordinal);
        Assert.Equal(["sh", "-c"], command[..2]);
        Assert.Contains(socket, script, StringComparison.Ordinal);

        var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["REDIS_PASSWORD"] = Password;
        using var redis = Process.Start(start)!;
        try
        {
            for (var attempt = 0; attempt < 200 && !File.Exists(socket); attempt++)
                await Task.Delay(50, Ct);

            Assert.StartsWith("redis-server ", await File.ReadAllTextAsync($"/proc/{redis.Id}/cmdline", Ct), StringComparison.Ordinal);
            Assert.DoesNotContain(CommandLines(), line => line.Contains(Password, StringComparison.Ordinal));
            Assert.StartsWith("-NOAUTH ", await AskAsync(socket, "PING"), StringComparison.Ordinal);
            Assert.StartsWith("+OK", await AskAsync(socket, $"AUTH {Password}"), StringComparison.Ordinal);

            using (var kill = Process.Start("kill", ["-TERM", redis.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Ct);
            await redis.WaitForExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(5), Ct);
            Assert.Equal(0, redis.ExitCode);
        }
        finally
        {
            redis.Kill(entireProcessTree: true);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (var process in Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue; // it has ended
            }

            yield return line;
        }
    }

    private static async Task<string> AskAsync(string socket, string question)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), Ct);
        await client.SendAsync(Encoding.ASCII.GetBytes(question + "\r\n"), Ct);
        var answer = new byte[256];
        return Encoding.ASCII.GetString(answer, 0, await client.ReceiveAsync(answer, Ct));
    }
}
