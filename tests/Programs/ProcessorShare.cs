using System.Globalization;

namespace MusicGen.Programs;

/// <summary>A part of one core for a process and no more, by the kernel's processor controller (control groups version 1).</summary>
internal sealed class ProcessorShare : IDisposable
{
    private const string Groups = "/sys/fs/cgroup/cpu";
    private const int PeriodMicroseconds = 10_000;

    private readonly string _folder;

    private ProcessorShare(string folder) => _folder = folder;

    public static bool CanBeGiven => Environment.IsPrivilegedProcess && File.Exists(Path.Combine(Groups, "cgroup.procs"));

    public static ProcessorShare Give(int processId, double cores)
    {
        var share = new ProcessorShare(Path.Combine(Groups, string.Create(CultureInfo.InvariantCulture, $"musicgen-{Environment.ProcessId}-{processId}")));
        Directory.CreateDirectory(share._folder);
        share.Write("cpu.cfs_period_us", PeriodMicroseconds);
        share.Write("cpu.cfs_quota_us", (int)(cores * PeriodMicroseconds));
        share.Write("cgroup.procs", processId);
        return share;
    }

    /// <summary>After its process has ended.</summary>
    public void Dispose()
    {
        for (var tries = 0; Directory.Exists(_folder); tries++)
        {
            try
            {
                Directory.Delete(_folder);
            }
            catch (IOException) when (tries < 50)
            {
                Thread.Sleep(20); // the kernel is still taking the process away
            }
        }
    }

    private void Write(string file, int value) => File.WriteAllText(Path.Combine(_folder, file), value.ToString(CultureInfo.InvariantCulture));
}
