using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MusicGen.Programs;

/// <summary>Debian's redis-server as our recipes run it: every write is on disk before it is answered.</summary>
internal sealed class OwnRedis : IAsyncDisposable
{
    private const string Program = "redis-server";

    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-redis-").FullName;
    private readonly string _password = RandomNumberGenerator.GetHexString(32);
    private readonly int _port = OwnServer.FreePort();
    private Process? _process;

    public string Url => $"redis://:{_password}@127.0.0.1:{_port}";

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<OwnRedis> StartAsync()
    {
        var redis = new OwnRedis();
        await redis.RestartAsync();
        return redis;
    }

    /// <summary>kill -9, where it runs, and a start on the same files.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        _process = Process.Start(new ProcessStartInfo(Program)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            ArgumentList =
            {
                "--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder, "--requirepass", _password,
                "--appendonly", "yes", "--appendfsync", "always", "--save", string.Empty, "--daemonize", "no",
            },
        }) ?? throw new InvalidOperationException("redis-server doesn't start.");
        _process.BeginOutputReadLine();
        while (!await AnswersAsync())
            await Task.Delay(20);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    // It listens before it has read its files, and says LOADING until then.
    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _port);
            await using var stream = client.GetStream();
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"AUTH {_password}\r\nPING\r\n"));
            var buffer = new byte[256];
            var text = string.Empty;
            while (text.Count(c => c == '\n') < 2 && await stream.ReadAsync(buffer) is > 0 and var read)
                text += System.Text.Encoding.ASCII.GetString(buffer, 0, read);
            return text.Contains("+PONG", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
