using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>Brings the database to this program's shape; of several nodes one does so, and the others wait.</summary>
public sealed partial class DatabaseInitializer(IServiceScopeFactory scopes, TimeProvider time, ILogger<DatabaseInitializer> logger)
{
    /// <summary>How long a node waits for another one that migrates, and how long one statement of a migration may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LookedEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ToldEvery = TimeSpan.FromSeconds(10);

    /// <summary>Creates or migrates the database; touches nothing where nothing is to do.</summary>
    /// <exception cref="TimeoutException">Another process has been migrating it for ten minutes.</exception>
    /// <exception cref="DatabaseNewerException">A newer version took away what this program needs.</exception>
    /// <exception cref="DatabaseRightsException">There is something to do, and the user may not.</exception>
    public async Task MigrateAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        await MigrateAsync(scope.ServiceProvider.GetRequiredService<MusicGenDbContext>(), ct);
    }

    /// <summary>The same for a database that isn't the service's own.</summary>
    public async Task MigrateAsync(MusicGenDbContext db, CancellationToken ct)
    {
        try
        {
            await ExpandAsync(db, ct);
        }
        catch (SqlException e) when (DatabaseRightsException.IsMissing(e))
        {
            throw DatabaseRightsException.Of(e);
        }
    }

    /// <summary>Writes the script that brings a SQL Server database from any state to today's; SQLite has no such thing.</summary>
    public static async Task ScriptAsync(string file, CancellationToken ct)
    {
        await using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var known = db.Database.GetMigrations().ToList();
        var script = db.GetService<IMigrator>().GenerateScript(
            toMigration: known[MigrationPlan.Expanded(known) - 1], options: MigrationsSqlGenerationOptions.Idempotent);
        await File.WriteAllTextAsync(file, script, ct);
    }

    private async Task ExpandAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var plan = await PlanAsync(db, ct);
        if (plan.Newer.Count > 0)
            Log.Newer(logger, plan.Newer[^1]);
        if (plan.Pending.Count == 0)
            return;

        await using var turn = await WaitForTurnAsync(db, ct);
        plan = await PlanAsync(db, ct);
        if (plan.Pending.Count == 0)
            return; // whoever had the turn before has done it
        if (db is SqliteMusicGenDbContext)
            await ForgetLockOfTheDeadAsync(db, ct);
        Log.Migrating(logger, plan.Pending.Count, plan.Pending[^1]);
        db.Database.SetCommandTimeout(Patience);
        await db.Database.MigrateAsync(plan.Pending[^1], ct);
        Log.Migrated(logger);
    }

    private static async Task<MigrationPlan> PlanAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var plan = MigrationPlan.Of([.. db.Database.GetMigrations()], [.. await db.Database.GetAppliedMigrationsAsync(ct)]);
        return plan.Newer.FirstOrDefault(MigrationPlan.IsContract) is { } contract
            ? throw new DatabaseNewerException(
                $"A newer version of this program changed the database so that this one can't use it ({contract}). Start that version, or restore the backup from before it.")
            : plan;
    }

    private async Task<IAsyncDisposable> WaitForTurnAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        var told = TimeSpan.MinValue;
        while (true)
        {
            if (await MigrationTurn.TryTakeAsync(db, ct) is { } turn)
                return turn;
            var waited = time.GetElapsedTime(start);
            if (waited >= Patience)
                throw new TimeoutException($"Another process has been migrating this database for {Patience.TotalMinutes:0} minutes. Look at its log; start this one again when it is done.");
            if (told == TimeSpan.MinValue || waited - told >= ToldEvery)
                Log.Waiting(logger, (told = waited).TotalSeconds, Patience.TotalSeconds);
            await Task.Delay(LookedEvery, time, ct);
        }
    }

    // EF's own lock in SQLite is a row, which a killed process leaves behind and for which the next would wait for ever.
    // Whoever has the turn knows that its writer is gone.
    private static async Task ForgetLockOfTheDeadAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var tables = await db.Database.SqlQueryRaw<int>(
            "SELECT COUNT(*) AS Value FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsLock'").SingleAsync(ct);
        if (tables > 0)
            await db.Database.ExecuteSqlRawAsync("DELETE FROM \"__EFMigrationsLock\"", ct);
    }

    private static partial class Log
    {
        [LoggerMessage(7300, LogLevel.Information, "The database is brought up to date by {Count} migrations, to {Last}")]
        public static partial void Migrating(ILogger logger, int count, string last);

        [LoggerMessage(7301, LogLevel.Information, "The database is up to date")]
        public static partial void Migrated(ILogger logger);

        [LoggerMessage(7302, LogLevel.Warning, "Another process migrates the database; waiting since {Waited:0} s, at most {Most:0} s")]
        public static partial void Waiting(ILogger logger, double waited, double most);

        [LoggerMessage(7303, LogLevel.Warning, "The database was expanded by a newer version of this program ({Last}); this one goes on")]
        public static partial void Newer(ILogger logger, string last);
    }
}
