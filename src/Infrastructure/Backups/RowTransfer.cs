using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using MusicGen.Domain;
using MusicGen.Domain.Backups;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Backups;

/// <summary>A database on a server, row by row: what the server's own backup writes no other server and no laptop reads.</summary>
internal sealed class RowTransfer(MusicGenDbContext db, DatabaseInitializer initializer, IOptions<DatabaseOptions> options) : IDatabaseTransfer
{
    private string Name => db.Database.GetDbConnection().Database;

    public async Task<Error?> ObstacleAsync(CancellationToken ct)
    {
        var plan = MigrationPlan.Of([.. db.Database.GetMigrations()], [.. await db.Database.GetAppliedMigrationsAsync(ct)]);
        if (plan.Newer.Count > 0)
            return BackupErrors.NewerDatabase; // with columns that the copy wouldn't have
        return await db.GivesOneMomentAsync(ct) ? null : BackupErrors.NoSnapshots(Name);
    }

    public async Task CopyToAsync(string file, CancellationToken ct)
    {
        await File.Create(file).DisposeAsync();
        await using var copy = SqliteMusicGenDbContext.OpenAlone(file);
        await copy.Database.MigrateAsync(ct);
        await DatabaseCopy.CopyAsync(db, copy, ct);
    }

    public async Task<string?> WhatIsThereAsync(CancellationToken ct) =>
        await db.GetService<IRelationalDatabaseCreator>().ExistsAsync(ct) && await DatabaseCopy.FirstInUseAsync(db, ct) is { } table
            ? $"the table {table} with rows in the database {Name}"
            : null;

    public async Task PlaceAsync(BackupReader backup, CancellationToken ct)
    {
        if (await WhatIsThereAsync(ct) is { } something)
        {
            if (!await IsThereAsync(backup, ct))
                throw new InvalidDataException($"There is {something}, which isn't this backup's. No node may run before the restore has ended.");
            return; // an interrupted restore came this far: all rows came at once
        }

        var folder = new DirectoryInfo(Path.Combine(options.Value.Scratch, "restoring-database"));
        try
        {
            Clear(folder); // a killed restore's
            folder.Create();
            var file = Path.Combine(folder.FullName, BackupManifest.Database);
            await backup.CopyDatabaseAsync(file, ct);
            await using var copy = SqliteMusicGenDbContext.OpenAlone(file);
            await initializer.MigrateAsync(copy, ct);
            await initializer.MigrateAsync(db, ct);
            await DatabaseCopy.CopyAsync(copy, db, ct);
        }
        finally
        {
            Clear(folder);
        }
    }

    private static void Clear(DirectoryInfo folder)
    {
        folder.Refresh();
        if (folder.Exists)
            folder.Delete(recursive: true);
    }

    // No two services have the same entry in their trails, and a backup has its own at least.
    private async Task<bool> IsThereAsync(BackupReader backup, CancellationToken ct)
    {
        await using var copy = SqliteMusicGenDbContext.OpenUntouched(backup.PathOf(BackupManifest.Database));
        var last = await copy.AuditEntries.OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstAsync(ct);
        return await db.AuditEntries.AnyAsync(e => e.Sequence == last.Sequence && e.Hash == last.Hash, ct);
    }
}
