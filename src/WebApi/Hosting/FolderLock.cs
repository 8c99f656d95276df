namespace MusicGen.WebApi.Hosting;

/// <summary>A lock on a file that ends with its process, however that ends.</summary>
internal sealed class FolderLock : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or null when somebody holds it.</summary>
    public static FolderLock? TryTake(string file)
    {
        try
        {
            return new FolderLock(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    /// <summary>Takes the lock as soon as it is free; null when it isn't in time.</summary>
    public static async Task<FolderLock?> WaitAsync(string file, TimeSpan patience, CancellationToken ct)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (TryTake(file) is { } taken)
                return taken;
            if (TimeProvider.System.GetElapsedTime(start) >= patience)
                return null;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    /// <summary>Whether somebody holds it. Asks for a shared lock, so that two who ask don't see each other.</summary>
    public static bool IsHeld(string file)
    {
        try
        {
            using var probe = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
