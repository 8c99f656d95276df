using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.Hosting;

/// <summary>Where everything that the service keeps lies: database, secrets, mail, audio. Its owner's alone.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Within the folder; commands that need no server make it too, and nothing else of the folder.</summary>
    public const string PackedWeights = "packed";

    private DataFolder(string path) => Path = path;

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Held by the server that owns this folder, for its life.</summary>
    public string ServerLock => File("server.lock");

    /// <summary>Held by whoever runs the embedded Redis.</summary>
    public string RedisLock => File("redis.lock");

    /// <summary>Where the server leaves its embedded Redis's address and password.</summary>
    public string RedisAddress => File("redis.json");

    /// <summary>Names the backup that is being restored; while it is there, what is here may be half of it.</summary>
    public string RestoreMark => File("restoring");

    /// <summary>MUSICGEN_DATA, else <c>data/</c> beside MusicGen.sln or the program; nothing is created.</summary>
    public static string Locate(ServiceSettings settings) =>
        settings["Data:Folder"] ?? System.IO.Path.Combine(ProgramFolder.Home, "data");

    /// <summary>Makes the folder, or takes it as it is after closing it to others.</summary>
    /// <param name="settings">Say where it is.</param>
    /// <param name="restoring">Whether half of a backup may be in it, because this process brings the rest.</param>
    /// <exception cref="StartRefusedException">It belongs to somebody else, or holds things that aren't ours, or half of a backup.</exception>
    public static DataFolder Open(ServiceSettings settings, bool restoring = false)
    {
        var path = Locate(settings);
        FileOwner.KeepNewFilesPrivate();
        try
        {
            if (!Directory.Exists(path))
                Create(path);
            if (FileOwner.ForeignOwnerOf(path) is { } owner)
                throw new StartRefusedException($"The data folder {path} belongs to {owner}. Run this as {owner}, or set MUSICGEN_DATA to a folder of your own.");
            Close(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data folder {path} can't be used: {e.Message}", e);
        }

        var folder = new DataFolder(path);
        return restoring || !System.IO.File.Exists(folder.RestoreMark)
            ? folder
            : throw new StartRefusedException($"A restore into the data folder {path} was interrupted, and what is there is half of it. Restore that backup again, or empty the folder.");
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
    }

    // Closing a folder that others use, as a home or /tmp, would lock them out of their own files.
    private static void Close(string path)
    {
        if (OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(path) == OwnerOnly)
            return;
        var others = Directory.EnumerateFileSystemEntries(path).Select(System.IO.Path.GetFileName).Where(name => name != PackedWeights);
        if (others.Any() && !System.IO.File.Exists(System.IO.Path.Combine(path, "server.lock")))
            throw new StartRefusedException($"The data folder {path} is open to other users and holds other files. Set MUSICGEN_DATA to a folder of its own, or close it: chmod 700 {path}");
        System.IO.File.SetUnixFileMode(path, OwnerOnly);
    }
}
