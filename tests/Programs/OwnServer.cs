using System.Diagnostics;

namespace MusicGen.Programs;

/// <summary>A server as its users start it: a process of its own, with a data folder that goes with it.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly string? _authority;
    private Process? _process;

    /// <param name="environment">Variables of the run's own, which go before those that every run has.</param>
    /// <param name="address">Where it listens; by default at a free port of loopback.</param>
    /// <param name="authority">The folder of the authority of its certificate, where it has one.</param>
    public OwnServer(Dictionary<string, string>? environment = null, Uri? address = null, string? authority = null)
    {
        _authority = authority;
        Folder = Directory.CreateTempSubdirectory("musicgen-").FullName;
        Address = address ?? new Uri($"http://127.0.0.1:{Ports.Free()}");
        _environment = new(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Folder,
            ["ASPNETCORE_URLS"] = Address.ToString(),
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["LOG_LEVEL"] = "Warning",
        };
        foreach (var (name, value) in environment ?? [])
            _environment[name] = value;
    }

    public Uri Address { get; }

    public string Folder { get; }

    public int ProcessId => _process!.Id;

    public static string Program => Path.Combine(AppContext.BaseDirectory, "MusicGen.WebApi.dll");

    /// <returns>How long it took until the first answer.</returns>
    public async Task<TimeSpan> StartAsync()
    {
        var start = Stopwatch.GetTimestamp();
        _process = Process.Start(StartInfo("serve")) ?? throw new InvalidOperationException("The server doesn't start.");
        _process.OutputDataReceived += (_, line) => WriteError(line.Data);
        _process.BeginOutputReadLine();
        using var handler = _authority is null ? new SocketsHttpHandler() : Throwaway.Trusting(_authority);
        using var client = new HttpClient(handler) { BaseAddress = Address };
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60))
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                    return Stopwatch.GetElapsedTime(start);
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                await Task.Delay(5);
            }
        }

        throw new InvalidOperationException("The server didn't answer within a minute.");
    }

    /// <summary>Runs a command of the command line beside the server.</summary>
    public async Task RunAsync(params string[] arguments)
    {
        using var command = Process.Start(StartInfo(arguments)) ?? throw new InvalidOperationException("The command doesn't start.");
        await command.WaitForExitAsync();
        if (command.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {command.ExitCode}.");
    }

    /// <summary>SIGTERM, as supervisors stop it; returns when it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static void WriteError(string? line)
    {
        if (line is not null && line.Contains("[ERR]", StringComparison.Ordinal))
            Console.Error.WriteLine(line);
    }

    private ProcessStartInfo StartInfo(params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        info.ArgumentList.Add(Program);
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        foreach (var (name, value) in _environment)
            info.Environment[name] = value;
        return info;
    }
}
