using System.Diagnostics;

namespace MusicGen.Programs.Chaos;

/// <summary>One program of the service in its place: started again as a service manager would, killed, or stopped and continued.</summary>
/// <param name="place">Where it runs.</param>
/// <param name="name">As the table of faults shows it.</param>
/// <param name="command">Program and arguments.</param>
/// <param name="environment">Its variables.</param>
/// <param name="health">A node answers 200 there when it is ready; null of others.</param>
internal sealed class Part(Place place, string name, string[] command, Dictionary<string, string> environment, Uri? health = null)
{
    private Process? _process;

    public Place Place => place;

    public string Name => name;

    public Uri? Health => health;

    public string Log => Path.Combine(Path.GetDirectoryName(place.Folder)!, $"{name}.log");

    public void Start()
    {
        _process?.Dispose();
        Directory.CreateDirectory(place.Folder);
        // exec in exec: the process that is started here is in the end the program itself.
        var join = Disk.GroupOf(place.Name) is { } group ? $"echo $$ > {group}; " : string.Empty;
        var info = new ProcessStartInfo("sh", ["-c", $"{join}exec ip netns exec {place.Name} \"$@\" >> {Log} 2>&1", "sh", .. command]) { UseShellExecute = false };
        foreach (var (variable, value) in environment)
            info.Environment[variable] = value;
        _process = Process.Start(info) ?? throw new InvalidOperationException($"{name} doesn't start.");
    }

    /// <summary>kill -9 of everything in its place.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("KILL");
        await _process!.WaitForExitAsync();
    }

    /// <summary>To every process in its place.</summary>
    public async Task SignalAsync(string signal)
    {
        var ids = (await Tool.RunAsync("ip", "netns", "pids", place.Name)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Tool.TryAsync("kill", [$"-{signal}", .. ids]); // one may have ended meanwhile
    }

    public void ThrowIfEnded()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"{name} ended by itself with {_process.ExitCode}: {string.Join('\n', File.ReadLines(Log).TakeLast(12))}");
    }
}
