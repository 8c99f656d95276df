using System.Globalization;

namespace MusicGen.Programs.Chaos;

/// <summary>
/// The disk below the temporary folder, slowed for one part by the kernel's block controller (control groups version 1): so many
/// writes and flushes a second as an overloaded disk has left. Reads from memory stay as they are.
/// </summary>
internal static class Disk
{
    private const string Groups = "/sys/fs/cgroup/blkio";
    private const int SlowWrites = 5;

    /// <summary>Null where this machine's kernel or disks don't allow it.</summary>
    public static string? Device { get; } = Find();

    /// <summary>Where a process is to be written to belong to a part's share, or null.</summary>
    public static string? GroupOf(string name)
    {
        if (Device is null)
            return null;
        Directory.CreateDirectory(Path.Combine(Groups, name));
        return Path.Combine(Groups, name, "cgroup.procs");
    }

    public static Task SlowAsync(string name) => LimitAsync(name, SlowWrites);

    public static Task QuickenAsync(string name) => LimitAsync(name, 0); // none

    public static void ClearUp(Func<string, bool> isDoomed)
    {
        if (Device is null)
            return;
        foreach (var folder in Directory.GetDirectories(Groups).Where(f => isDoomed(Path.GetFileName(f))))
        {
            for (var tries = 0; Directory.Exists(folder) && tries < 50; tries++)
            {
                try
                {
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    Thread.Sleep(20); // its last process is being taken away
                }
            }
        }
    }

    private static Task LimitAsync(string name, int writes) => File.WriteAllTextAsync(
        Path.Combine(Groups, name, "blkio.throttle.write_iops_device"), string.Create(CultureInfo.InvariantCulture, $"{Device} {writes}\n"));

    // Limits are of whole disks: a partition's number is no use.
    private static string? Find()
    {
        if (!File.Exists(Path.Combine(Groups, "blkio.throttle.write_iops_device")) || !Environment.IsPrivilegedProcess)
            return null;
        var mounts = File.ReadAllLines("/proc/self/mountinfo").Select(l => l.Split(' '))
            .Where(f => f.Length > 4 && (f[4] == "/" || Path.GetTempPath().StartsWith(f[4].TrimEnd('/') + "/", StringComparison.Ordinal)));
        if (mounts.MaxBy(f => f[4].Length)?[2] is not { } number || !Directory.Exists($"/sys/dev/block/{number}"))
            return null;
        return File.Exists($"/sys/dev/block/{number}/partition") ? File.ReadAllText($"/sys/dev/block/{number}/../dev").Trim() : number;
    }
}
