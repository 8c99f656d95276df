namespace MusicGen.Infrastructure.Files;

/// <summary>A file of this machine. A draft or a copy goes with its disposal; what the store keeps itself stays.</summary>
internal sealed class LocalFile : IDisposable
{
    public const string HalfEnding = ".part";

    private readonly bool _goes;

    private LocalFile(string path, bool goes) => (Path, _goes) = (path, goes);

    public string Path { get; }

    /// <summary>The store's own.</summary>
    public static LocalFile Kept(string path) => new(path, goes: false);

    /// <summary>A new and empty one that only its owner can read.</summary>
    /// <param name="beside">A name to begin with.</param>
    public static LocalFile Create(string beside)
    {
        // A worker that lost its task may still write its own.
        var path = $"{beside}.{Guid.CreateVersion7():N}{HalfEnding}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
        return new LocalFile(path, goes: true);
    }

    /// <summary>Whether a name is that of a file in the making.</summary>
    public static bool IsHalf(string name) => name.EndsWith(HalfEnding, StringComparison.Ordinal);

    /// <summary>Lets its content be written, and brings it to the disk.</summary>
    public async Task WriteAsync(Func<Stream, Task> write)
    {
        await using var stream = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.None, 64 * 1024, useAsync: true);
        await write(stream);
        stream.Flush(flushToDisk: true);
    }

    public void Dispose()
    {
        try
        {
            if (_goes)
                File.Delete(Path);
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted with its folder meanwhile.
        }
    }
}
