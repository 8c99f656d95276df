using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Programs.Redis;

/// <summary>One redis-server, or a sentinel, as a child process on loopback, in a folder that goes with it.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Program = "redis-server";

    // A server that was its primary once is turned round by the sentinels, and then waits for a copy.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string[] _arguments;
    private readonly string? _certificates;
    private readonly string? _password;
    private Process? _process;

    private RedisProcess(string? password, string? certificates, string[] arguments)
    {
        _password = password;
        _certificates = certificates;
        string[] port = certificates is null ? ["--port", $"{Port}"] : ["--port", "0", "--tls-port", $"{Port}", .. Tls(certificates)];
        _arguments = [.. arguments, .. port, "--bind", "127.0.0.1", "--dir", Folder, "--daemonize", "no", "--logfile", "redis.log"];
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("musicgen-redis-").FullName;

    public int Port { get; } = Ports.Free();

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Where clients find it, with its password; without TLS.</summary>
    public string Url => $"redis://:{_password}@127.0.0.1:{Port}";

    /// <summary>Starts one that nobody else knows.</summary>
    /// <param name="fsync">When its append-only file is on disk: always (before the answer), or everysec, as deploy/compose.yaml has it.</param>
    public static Task<RedisProcess> StartAloneAsync(string fsync = "always") =>
        StartAsync(RandomNumberGenerator.GetHexString(32), certificates: null, "--appendfsync", fsync);

    /// <summary>Starts one whose every write is on disk before it is answered.</summary>
    /// <param name="password">Its default user's, to clients and to its primary.</param>
    /// <param name="certificates">The folder of <see cref="Throwaway"/>, for one that speaks TLS alone.</param>
    /// <param name="arguments">On top.</param>
    public static async Task<RedisProcess> StartAsync(string password, string? certificates, params string[] arguments)
    {
        var server = new RedisProcess(
            password, certificates,
            ["--requirepass", password, "--masterauth", password, "--appendonly", "yes", "--appendfsync", "always", "--save", string.Empty, .. arguments]);
        return await server.StartedAsync(server.RestartAsync);
    }

    /// <param name="password">The sentinel's own; null for none.</param>
    /// <param name="certificates">The folder of <see cref="Throwaway"/>, for one that speaks TLS alone.</param>
    /// <param name="configuration">Its file, which it writes to.</param>
    public static async Task<RedisProcess> StartSentinelAsync(string? password, string? certificates, string configuration)
    {
        var sentinel = new RedisProcess(password, certificates, password is null ? [] : ["--requirepass", password]);
        var file = Path.Combine(sentinel.Folder, "sentinel.conf");
        await File.WriteAllTextAsync(file, configuration);
        return await sentinel.StartedAsync(() => sentinel.StartAsync([file, .. sentinel._arguments, "--sentinel"]));
    }

    /// <summary>kill -9, where it runs, and a start on the same files.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync(_arguments);
    }

    /// <summary>Asks it as its administrator.</summary>
    public async Task<IReadOnlyList<string>> AskAsync(params string[] words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port);
        Stream stream = client.GetStream();
        if (_certificates is not null)
        {
            var secure = new SslStream(stream);
            using var trusting = Throwaway.Trusting(_certificates);
            trusting.SslOptions.TargetHost = "127.0.0.1";
            await secure.AuthenticateAsClientAsync(trusting.SslOptions);
            stream = secure;
        }

        await using (stream)
        {
            var conversation = new RespConversation(stream);
            await conversation.AuthenticateAsync(user: null, _password, CancellationToken.None);
            return await conversation.AskAsync(words, CancellationToken.None);
        }
    }

    /// <summary>Waits until an answer has something in it.</summary>
    public async Task UntilAsync(string text, params string[] words)
    {
        var start = Stopwatch.GetTimestamp();
        var answer = string.Empty;
        while (true)
        {
            try
            {
                answer = string.Join('\n', await AskAsync(words));
                if (answer.Contains(text, StringComparison.Ordinal))
                    return;
            }
            catch (Exception e) when (e is SocketException or IOException or AuthenticationException or RedisRefusedException && Stopwatch.GetElapsedTime(start) < Patience)
            {
                // It is starting, or loading.
            }

            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new InvalidOperationException($"{string.Join(' ', words)} never said {text}, but:\n{answer}");
            await Task.Delay(20);
        }
    }

    /// <summary>STOP or CONT: it hangs, as on a machine that swaps or behind a link that swallows everything, and goes on.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>kill -9, where it runs.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string[] Tls(string certificates) =>
    [
        "--tls-cert-file", Path.Combine(certificates, "fullchain.pem"), "--tls-key-file", Path.Combine(certificates, "privkey.pem"),
        "--tls-ca-cert-file", Path.Combine(certificates, "ca.pem"), "--tls-auth-clients", "no", "--tls-replication", "yes", "--tls-cluster", "yes",
    ];

    // Itself, or nothing of it.
    private async Task<RedisProcess> StartedAsync(Func<Task> start)
    {
        try
        {
            await start();
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync(string[] arguments)
    {
        // Both redirected: who reads what this program says to its end mustn't wait for a server too.
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server doesn't start.");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var answers = UntilAsync("PONG", "PING");
        if (await Task.WhenAny(answers, _process.WaitForExitAsync()) != answers)
            throw new InvalidOperationException($"redis-server ended at once: {string.Join('\n', (await File.ReadAllLinesAsync(Path.Combine(Folder, "redis.log"))).TakeLast(5))}");
        await answers;
    }
}
