using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>
/// Every row of every table, from one database of this program's shape to another, whatever server or file each is: as of
/// one moment, and all of it or nothing.
/// </summary>
internal static class DatabaseCopy
{
    /// <param name="from">May be written to meanwhile.</param>
    /// <param name="to">Holds what its migrations put there and nothing else.</param>
    /// <param name="ct">Cancels.</param>
    public static Task CopyAsync(MusicGenDbContext from, MusicGenDbContext to, CancellationToken ct)
    {
        // One of the two is a file; what fails at a server in passing begins anew.
        var server = from is SqliteMusicGenDbContext ? to : from;
        return server.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var reading = await from.Database.BeginTransactionAsync(from.OneMoment, ct);
            await using var writing = await to.Database.BeginTransactionAsync(ct);
            var filled = FilledByMigrations(to);
            foreach (var table in TablesOf(to))
            {
                var copy = new TableCopy(from, to, table);
                if (filled.Contains(table.Name))
                    await copy.ClearAsync(writing.GetDbTransaction(), ct);
                await copy.CopyAsync(reading.GetDbTransaction(), writing.GetDbTransaction(), ct);
            }

            await writing.CommitAsync(ct);
        });
    }

    /// <summary>The first table that has a row which no migration put there; null for none, also where there are no tables yet.</summary>
    public static async Task<string?> FirstInUseAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var there = await db.Database.SqlQueryRaw<string>(db.AskTables).ToListAsync(ct);
        var filled = FilledByMigrations(db);
        foreach (var table in TablesOf(db).Where(t => there.Contains(t.Name, StringComparer.Ordinal) && !filled.Contains(t.Name)))
        {
            var ask = $"SELECT CASE WHEN EXISTS (SELECT 1 FROM {db.GetService<ISqlGenerationHelper>().DelimitIdentifier(table.Name, table.Schema)}) THEN 1 ELSE 0 END AS Value";
            if (await db.Database.SqlQueryRaw<int>(ask).SingleAsync(ct) == 1)
                return table.Name;
        }

        return null;
    }

    /// <summary>The model's tables, each after those that its foreign keys name.</summary>
    public static IEnumerable<ITable> TablesOf(MusicGenDbContext db)
    {
        var left = db.Model.GetRelationalModel().Tables.ToList();
        while (left.Count > 0)
        {
            var next = left.Find(t => !t.ForeignKeyConstraints.Any(k => left.Contains(k.PrincipalTable)))
                ?? throw new InvalidOperationException($"Foreign keys go round in a circle: {string.Join(", ", left.Select(t => t.Name))}.");
            left.Remove(next);
            yield return next;
        }
    }

    private static HashSet<string> FilledByMigrations(MusicGenDbContext db) =>
        [.. db.GetService<IDesignTimeModel>().Model.GetEntityTypes().Where(t => t.GetSeedData().Any()).Select(t => t.GetTableName()!)];
}
