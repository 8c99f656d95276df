using MusicGen.Application.Backups;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Backups;
using MusicGen.Infrastructure.Files;

namespace MusicGen.Infrastructure.Backups;

/// <summary>A backup as somebody hands it to us: nothing in it is believed but what its signed manifest says.</summary>
internal sealed class BackupReader
{
    private readonly string _folder;

    private BackupReader(string folder, BackupManifest manifest) => (_folder, Manifest) = (folder, manifest);

    public BackupManifest Manifest { get; }

    public BackupFacts Facts => new(Manifest.Id, Manifest.At, Manifest.Files.Count, Manifest.Files.Sum(f => f.Bytes));

    public static async Task<Result<BackupReader>> OpenAsync(string folder, IMessageAuthenticator authenticator, CancellationToken ct)
    {
        var file = Path.Combine(folder, BackupManifest.FileName);
        if (!File.Exists(file))
            return BackupErrors.Torn(folder);
        var manifest = BackupManifest.Read(await File.ReadAllTextAsync(file, ct), authenticator);
        return manifest.IsSuccess ? new BackupReader(folder, manifest.Value) : manifest.Error;
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Copies a file to where it belongs.</summary>
    /// <exception cref="InvalidDataException">It isn't what the manifest says.</exception>
    public async Task CopyAsync(BackupFile file, Stream to, CancellationToken ct)
    {
        await using var content = File.OpenRead(PathOf(file.Name));
        var (_, sha256) = await HashedCopy.CopyAsync(content, to, ct);
        MustBe(file, sha256);
    }

    /// <summary>Copies the database to a file, which is on disk when this returns.</summary>
    /// <exception cref="InvalidDataException">It isn't what the manifest says.</exception>
    public async Task CopyDatabaseAsync(string to, CancellationToken ct)
    {
        await using var file = File.Create(to);
        await CopyAsync(Manifest.Files.Single(f => f.Name == BackupManifest.Database), file, ct);
        file.Flush(flushToDisk: true);
    }

    /// <exception cref="InvalidDataException">It isn't what the manifest says.</exception>
    public static void MustBe(BackupFile file, string sha256)
    {
        if (file.Sha256 != sha256)
            throw new InvalidDataException($"{file.Name} has changed since the backup was checked.");
    }

    /// <summary>Looks at every name and every byte.</summary>
    /// <returns>The first thing that isn't as it was made; null when all is.</returns>
    public async Task<Error?> FaultAsync(IProgress<StepsDone> progress, CancellationToken ct)
    {
        var listed = Manifest.Files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        if (listed.FirstOrDefault(n => !BackupManifest.IsName(n)) is { } strange)
            return BackupErrors.Broken($"Its manifest names {strange}, and no backup holds such a file.");
        if (listed.Count != Manifest.Files.Count || !listed.Contains(BackupManifest.Database))
            return BackupErrors.Broken("Its manifest names a file twice, or no database.");

        foreach (var entry in Entries())
        {
            var name = Path.GetRelativePath(_folder, entry.FullName).Replace('\\', '/');
            if (entry.LinkTarget is not null)
                return BackupErrors.Broken($"{name} is a link.");
            if (!listed.Contains(name) && name is not (BackupManifest.FileName or BackupManifest.AudioFolder or BackupManifest.ExportFolder))
                return BackupErrors.Broken($"{name} isn't in its manifest.");
        }

        for (var i = 0; i < Manifest.Files.Count; i++)
        {
            var file = Manifest.Files[i];
            if (!File.Exists(PathOf(file.Name)))
                return BackupErrors.Broken($"{file.Name} is missing.");
            await using var content = File.OpenRead(PathOf(file.Name));
            if (content.Length != file.Bytes || await HashedCopy.CopyAsync(content, Stream.Null, ct) != (file.Bytes, file.Sha256))
                return BackupErrors.Broken($"{file.Name} was changed.");
            progress.Report(new StepsDone(i + 1, Manifest.Files.Count));
        }

        return null;
    }

    // Link by link from above, so that no look goes through one.
    private IEnumerable<FileSystemInfo> Entries()
    {
        foreach (var folder in (string[])[string.Empty, BackupManifest.AudioFolder, BackupManifest.ExportFolder])
        {
            var at = new DirectoryInfo(Path.Combine(_folder, folder));
            foreach (var entry in at.Exists ? at.EnumerateFileSystemInfos() : [])
                yield return entry;
        }
    }
}
