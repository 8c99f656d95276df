using System.Diagnostics;
using MusicGen.Programs;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Support;

/// <summary>The built program as its users start it: a process of its own, which can be killed, and commands beside it.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _variables;
    private readonly List<string> _output = [];
    private Process? _process;

    private ServerProcess(string? folder, IEnumerable<(string Name, string Value)> variables)
    {
        Folder = folder ?? Directory.CreateTempSubdirectory("musicgen-process-").FullName;
        Address = new Uri($"http://127.0.0.1:{Ports.Free()}");
        _variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Folder,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["LOG_LEVEL"] = "Warning",
        };
        foreach (var (name, value) in variables)
            _variables[name] = value;
    }

    public Uri Address { get; }

    public string Folder { get; }

    public int Id => _process!.Id;

    /// <summary>What it has written so far: its log.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    /// <summary>Starts a server and returns when it answers.</summary>
    public static async Task<ServerProcess> StartAsync(params (string Name, string Value)[] variables)
    {
        var server = new ServerProcess(folder: null, variables);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Runs the program with nothing set but what is given, from a folder, and waits until it ends.</summary>
    public static async Task<ProgramRun> RunAsync(
        string[] arguments, IReadOnlyDictionary<string, string> variables, string? input = null, string? workingFolder = null, string? program = null)
    {
        using var process = Start(arguments, variables, workingFolder, program);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{string.Join(' ', arguments)} did not end: {await output}{await error}");
        }

        return new ProgramRun(process.ExitCode, await output, await error);
    }

    public Browser NewBrowser() => new(Address);

    /// <summary>Runs a command beside this server.</summary>
    public Task<ProgramRun> RunAsync(params string[] arguments) => RunAsync(arguments, _variables);

    /// <summary>Runs a command that reads from standard input.</summary>
    public Task<ProgramRun> RunWithInputAsync(string input, params string[] arguments) => RunAsync(arguments, _variables, input);

    /// <summary>Starts on the same folder and port.</summary>
    public async Task StartAgainAsync()
    {
        _process = Start(["serve", "--urls", Address.ToString()], _variables, workingFolder: null);
        _process.StandardInput.Close();
        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_output)
                _output.Add(line.Data ?? string.Empty);
        }

        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        using var client = new HttpClient { BaseAddress = Address };
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Patience && !_process.HasExited)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It doesn't listen yet.
            }

            await Task.Delay(50);
        }

        Assert.Fail($"The server did not answer: {Output}");
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Asks it to stop, as an operator does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        await _process!.WaitForExitAsync();
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    // The variables are all there is: nothing of the machine's own decides a test, and no .env is read.
    private static Process Start(string[] arguments, IReadOnlyDictionary<string, string> variables, string? workingFolder, string? program = null)
    {
        var info = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? Path.GetTempPath(),
        };
        info.ArgumentList.Add(Path.Combine(program ?? AppContext.BaseDirectory, typeof(ServerHost).Assembly.GetName().Name + ".dll"));
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);

        var kept = info.Environment.Where(v => v.Key is "PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR" or "LANG").ToList();
        info.Environment.Clear();
        foreach (var (name, value) in kept)
            info.Environment[name] = value;
        info.Environment["MUSICGEN_ENV_FILE"] = string.Empty;
        foreach (var (name, value) in variables)
            info.Environment[name] = value;
        return Process.Start(info) ?? throw new InvalidOperationException("The program does not start.");
    }
}

/// <param name="ExitCode">0 done, 2 bad usage, 1 failure.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ProgramRun(int ExitCode, string Output, string Error);
