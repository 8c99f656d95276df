using System.Text;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Backups;
using MusicGen.Infrastructure.Files;

namespace MusicGen.Infrastructure.Backups;

/// <summary>A backup in the making. Every file is on disk, and hashed as it was read, before the manifest is.</summary>
internal sealed class BackupWriter
{
    private readonly string _folder;
    private readonly List<BackupFile> _files = [];

    private BackupWriter(string folder) => _folder = folder;

    public IReadOnlyList<BackupFile> Files => _files;

    /// <summary>Takes a folder that is new or empty, its owner's alone.</summary>
    public static Result<BackupWriter> Create(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            return BackupErrors.FolderTaken(folder);
        foreach (var made in (string[])[folder, Path.Combine(folder, BackupManifest.AudioFolder), Path.Combine(folder, BackupManifest.ExportFolder)])
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(made);
            else
                Directory.CreateDirectory(made, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new BackupWriter(folder);
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>A file of the backup to write to; <see cref="AddWrittenAsync"/> takes it up.</summary>
    public Stream Begin(string name) => Create(PathOf(name), FileMode.CreateNew);

    /// <summary>Copies a file into the backup.</summary>
    public async Task<BackupFile> AddAsync(string name, Stream content, CancellationToken ct)
    {
        await using var file = Create(PathOf(name), FileMode.CreateNew);
        var (bytes, sha256) = await HashedCopy.CopyAsync(content, file, ct);
        file.Flush(flushToDisk: true);
        return Add(name, bytes, sha256);
    }

    public Task<BackupFile> AddAsync(string name, string content, CancellationToken ct) =>
        AddAsync(name, new MemoryStream(Encoding.UTF8.GetBytes(content)), ct);

    /// <summary>Takes up a file that was written at its place.</summary>
    public async Task AddWrittenAsync(string name, CancellationToken ct)
    {
        await using var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
        var (bytes, sha256) = await HashedCopy.CopyAsync(file, Stream.Null, ct);
        Add(name, bytes, sha256);
    }

    /// <summary>Writes the manifest: from now on it is a backup.</summary>
    public async Task SealAsync(BackupManifest manifest, IMessageAuthenticator authenticator, CancellationToken ct)
    {
        var half = PathOf(BackupManifest.FileName + ".part");
        await using (var file = Create(half, FileMode.Create))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(manifest.Write(authenticator)), ct);
            file.Flush(flushToDisk: true);
        }

        File.Move(half, PathOf(BackupManifest.FileName));
    }

    private static FileStream Create(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private BackupFile Add(string name, long bytes, string sha256)
    {
        var file = new BackupFile(name, bytes, sha256);
        _files.Add(file);
        return file;
    }
}
