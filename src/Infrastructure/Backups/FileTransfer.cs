using Microsoft.EntityFrameworkCore;
using MusicGen.Domain;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Backups;

/// <summary>A SQLite file copies itself, and comes back by a rename.</summary>
internal sealed class FileTransfer(MusicGenDbContext db) : IDatabaseTransfer
{
    private string DatabaseFile => SqliteMusicGenDbContext.FileOf(db.Database.GetConnectionString()!);

    public Task<Error?> ObstacleAsync(CancellationToken ct) => Task.FromResult<Error?>(null);

    public Task CopyToAsync(string file, CancellationToken ct) => db.Database.ExecuteSqlAsync($"VACUUM INTO {file}", ct);

    // A log that is left of another database would be read into this one.
    public Task<string?> WhatIsThereAsync(CancellationToken ct) =>
        Task.FromResult(((string[])["", "-wal", "-journal"]).Select(e => DatabaseFile + e).FirstOrDefault(File.Exists));

    public async Task PlaceAsync(BackupReader backup, CancellationToken ct)
    {
        if (File.Exists(DatabaseFile))
            return; // an interrupted restore came this far, and has entries of its own in the trail
        Directory.CreateDirectory(Path.GetDirectoryName(DatabaseFile)!);
        var half = DatabaseFile + ".part";
        await backup.CopyDatabaseAsync(half, ct);
        File.Move(half, DatabaseFile);
    }
}
