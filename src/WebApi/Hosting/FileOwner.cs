using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MusicGen.WebApi.Hosting;

/// <summary>Who owns a file, and who we are, on Linux; elsewhere the file system's own rights must do.</summary>
internal static class FileOwner
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint OwnerOnly = 0x8;     // STATX_UID
    private const int OwnerOffset = 20;     // of stx_uid in struct statx, which is the same on every architecture

    /// <summary>Files of this process are its user's alone from now on (umask 077).</summary>
    public static void KeepNewFilesPrivate()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetMask(0x3F);
    }

    /// <summary>The owner's name if it is somebody else, or null.</summary>
    public static string? ForeignOwnerOf(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;

        var answer = new byte[256];
        if (ReadStatus(CurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), 0, OwnerOnly, answer) != 0)
            return null;
        var owner = BitConverter.ToUInt32(answer, OwnerOffset);
        return owner == EffectiveUser() ? null : NameOf(owner);
    }

    private static string NameOf(uint user)
    {
        var id = user.ToString(CultureInfo.InvariantCulture);
        var line = File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(l => l.Length > 2 && l[2] == id) : null;
        return line?[0] ?? $"user {id}";
    }

    [DllImport("libc", EntryPoint = "umask"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetMask(uint mask);

    [DllImport("libc", EntryPoint = "geteuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "statx"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadStatus(int folder, byte[] path, int flags, uint mask, byte[] answer);
}
