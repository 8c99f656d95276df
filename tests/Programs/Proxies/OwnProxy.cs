using System.Diagnostics;
using System.Net.Sockets;

namespace MusicGen.Programs.Proxies;

/// <summary>A proxy of the machine's own packages, started for a run.</summary>
internal sealed class OwnProxy : IAsyncDisposable
{
    private readonly Process _process;

    private OwnProxy(Process process) => _process = process;

    /// <summary>Where a program of Debian's lies, or null where its package isn't installed.</summary>
    public static string? Find(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin" }.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    /// <summary>Starts it and returns when it takes connections.</summary>
    public static async Task<OwnProxy> StartAsync(string program, int port, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} doesn't start.");
        var words = new List<string>();
        process.ErrorDataReceived += (_, line) => Keep(words, line.Data);
        process.OutputDataReceived += (_, line) => Keep(words, line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        for (var i = 0; i < 200 && !process.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return new OwnProxy(process);
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        lock (words)
            throw new InvalidOperationException($"{program} didn't listen: {string.Join('\n', words)}");
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) // nginx's workers end with their master
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(List<string> words, string? line)
    {
        lock (words)
            words.Add(line ?? string.Empty);
    }
}
