using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>Brings the database to today's shape; several nodes may start at once.</summary>
public sealed class DatabaseInitializer(IServiceScopeFactory scopes)
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);

    /// <summary>Creates or migrates the database; does nothing where nothing is to do.</summary>
    /// <exception cref="TimeoutException">Another process has been migrating the file for a minute.</exception>
    public async Task MigrateAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        if (db is not SqliteMusicGenDbContext)
        {
            await db.Database.MigrateAsync(ct); // SQL Server's migration lock ends with its connection
            return;
        }

        var file = SqliteMusicGenDbContext.FileOf(db.Database.GetConnectionString()!);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await using var hold = await LockAsync(file + ".migrating", ct);
        await ForgetLockOfTheDeadAsync(db, ct);
        await db.Database.MigrateAsync(ct);
    }

    /// <summary>Writes the script that brings a SQL Server database from any state to today's; SQLite has no such thing.</summary>
    public static async Task ScriptAsync(string file, CancellationToken ct)
    {
        await using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var script = db.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent);
        await File.WriteAllTextAsync(file, script, ct);
    }

    private static async Task<FileStream> LockAsync(string file, CancellationToken ct)
    {
        var attempts = (int)(LockPatience / TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (--attempts <= 0)
            {
                throw new TimeoutException("Another process has been migrating this database for a minute.", e);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }
        }
    }

    // EF's own lock in SQLite is a row, which a killed process leaves behind and for which the next would wait for ever.
    // Whoever holds the file lock knows that its writer is gone.
    private static async Task ForgetLockOfTheDeadAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var tables = await db.Database.SqlQueryRaw<int>(
            "SELECT COUNT(*) AS Value FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsLock'").SingleAsync(ct);
        if (tables > 0)
            await db.Database.ExecuteSqlRawAsync("DELETE FROM \"__EFMigrationsLock\"", ct);
    }
}
