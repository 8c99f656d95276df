using System.Diagnostics;
using MusicGen.Programs.Proxies;

namespace MusicGen.Programs.Scans;

/// <summary>A scanner that isn't ours, as a process.</summary>
internal static class Tool
{
    /// <summary>Where it is, or an exception that says what to install.</summary>
    public static string Need(string program, string package) =>
        OwnProxy.Find(program) ?? throw new ToolMissingException($"{program} isn't installed: {package}");

    /// <returns>Its exit code and everything that it said.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string program, string folder, IReadOnlyDictionary<string, string> environment, TimeSpan patience, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} doesn't start.");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} didn't end within {patience}.", e);
        }

        return (process.ExitCode, await output + await error);
    }
}

/// <summary>Says what must be installed; no fault of the product.</summary>
internal sealed class ToolMissingException(string message) : Exception(message);
