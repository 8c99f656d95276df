using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Files;

/// <summary>A folder, local or mounted by all nodes. Every file appears by a rename, after its hash, which lies beside it.</summary>
/// <param name="options">Say where.</param>
/// <param name="probe">Writes beside a path what nobody needs; where it isn't a disk.</param>
internal sealed class FolderStore(IOptions<AudioStoreOptions> options, Action<string>? probe = null) : IFileStore
{
    private const string HashEnding = ".sha256";
    private const int BufferSize = 64 * 1024;
    private const int Rounds = 5;

    private static readonly byte[] Something = new byte[4096];

    private readonly string _root = options.Value.Path;
    private readonly Lock _probing = new();
    private Task<bool> _probe = Task.FromResult(true);

    public TimeSpan PatienceForWhole { get; } = TimeSpan.FromSeconds(3);

    public string PlaceOf(string name) => Path.Combine(_root, name);

    public Task<bool> IsThereAsync(CancellationToken ct) => Task.FromResult(Directory.Exists(_root));

    // A write that hangs can't be taken back: whoever asks meanwhile waits for the same one.
    public Task ProbeAsync(CancellationToken ct)
    {
        Task<bool> writing;
        lock (_probing)
        {
            if (_probe.IsCompleted)
                _probe = Task.Run(Write, CancellationToken.None);
            writing = _probe;
        }

        return writing.WaitAsync(ct);

        bool Write()
        {
            (probe ?? WriteSomething)(PlaceOf(".probe"));
            return true;
        }
    }

    public async Task<StoredFile?> OpenAsync(string name, CancellationToken ct)
    {
        var path = PlaceOf(name);
        try
        {
            var hash = File.Exists(path + HashEnding) ? await File.ReadAllTextAsync(path + HashEnding, ct) : null;
            return new StoredFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, useAsync: true), hash);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public Task<LocalFile?> FetchAsync(string name, CancellationToken ct) =>
        Task.FromResult(File.Exists(PlaceOf(name)) ? LocalFile.Kept(PlaceOf(name)) : null);

    public LocalFile Draft(string name)
    {
        CreateFolder(Path.GetDirectoryName(PlaceOf(name))!);
        return LocalFile.Create(PlaceOf(name));
    }

    public async Task<WrittenFile> PutAsync(LocalFile draft, string name, CancellationToken ct)
    {
        var path = PlaceOf(name);
        WrittenFile written;
        await using (var content = File.OpenRead(draft.Path))
        {
            var (bytes, sha256) = await HashedCopy.CopyAsync(content, Stream.Null, ct);
            written = new WrittenFile(bytes, sha256);
        }

        using var hash = LocalFile.Create(path);
        await hash.WriteAsync(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(written.Sha256), ct).AsTask());
        File.Move(hash.Path, path + HashEnding, overwrite: true);
        File.Move(draft.Path, path, overwrite: true);
        return written;
    }

    public async IAsyncEnumerable<ListedFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        foreach (var file in FilesIn(folder).Where(f => !IsHash(f.Name) && !LocalFile.IsHalf(f.Name)))
        {
            ct.ThrowIfCancellationRequested();
            if (TryList(file) is { } listed)
                yield return listed;
        }
    }

    // The hash goes last: without its file it is no more than a name.
    public Task DeleteAsync(string name, CancellationToken ct)
    {
        Delete(PlaceOf(name));
        Delete(PlaceOf(name) + HashEnding);
        return Task.CompletedTask;
    }

    // Until it is gone: a worker or an encoder may bring a file while the others go.
    public async Task<IReadOnlyList<ListedFile>> DeleteFolderAsync(string folder, CancellationToken ct)
    {
        var gone = new List<ListedFile>();
        for (var round = 1; ; round++)
        {
            gone.AddRange(await ListAsync(folder, ct).ToListAsync(ct));
            try
            {
                Directory.Delete(PlaceOf(folder), recursive: true);
                break;
            }
            catch (DirectoryNotFoundException)
            {
                break; // there never was any, or it is gone already
            }
            catch (IOException) when (round < Rounds)
            {
                // Not empty any more.
            }
        }

        return [.. gone.DistinctBy(f => f.Name)];
    }

    public Task<int> DeleteHalvesAsync(DateTimeOffset before, CancellationToken ct)
    {
        var old = FilesIn(string.Empty).Where(f => (LocalFile.IsHalf(f.Name) || IsLeftHash(f)) && TryList(f)?.WrittenAt < before).ToList();
        old.ForEach(f => Delete(f.FullName));
        return Task.FromResult(old.Count);
    }

    private static void WriteSomething(string beside)
    {
        using var file = LocalFile.Create(beside);
        using var stream = File.OpenWrite(file.Path);
        stream.Write(Something);
        stream.Flush(flushToDisk: true);
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its folder.
        }
    }

    private static bool IsHash(string name) => name.EndsWith(HashEnding, StringComparison.Ordinal);

    private static bool IsLeftHash(FileInfo file) => IsHash(file.Name) && !File.Exists(file.FullName[..^HashEnding.Length]);

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private IEnumerable<FileInfo> FilesIn(string folder)
    {
        try
        {
            return new DirectoryInfo(PlaceOf(folder)).EnumerateFiles("*", SearchOption.AllDirectories);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Null for one that went while we looked.
    private ListedFile? TryList(FileInfo file)
    {
        try
        {
            return new ListedFile(Path.GetRelativePath(_root, file.FullName).Replace('\\', '/'), file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
