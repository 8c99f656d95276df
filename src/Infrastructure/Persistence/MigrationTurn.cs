using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>The right to change the database's shape: one process has it at a time, and it ends with that process.</summary>
internal static class MigrationTurn
{
    /// <summary>A lock of the session's, in T-SQL; answers 0 or more when it is ours. Held by one of our own connections, not EF's, whose lock gives up after a command's timeout.</summary>
    internal const string TakeLock = """
        DECLARE @result int;
        EXEC @result = sp_getapplock @Resource = N'musicgen.migrating', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;
        SELECT @result;
        """;

    private const int DatabaseAlreadyExists = 1801;

    /// <summary>The turn, or null when another process has it.</summary>
    public static Task<IAsyncDisposable?> TryTakeAsync(MusicGenDbContext db, CancellationToken ct) => db is SqliteMusicGenDbContext
        ? Task.FromResult<IAsyncDisposable?>(TakeFile(SqliteMusicGenDbContext.FileOf(db.Database.GetConnectionString()!) + ".migrating"))
        : db.Database.CreateExecutionStrategy().ExecuteAsync(db, TakeLockAsync, ct);

    private static FileStream? TakeFile(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    private static async Task<IAsyncDisposable?> TakeLockAsync(MusicGenDbContext db, CancellationToken ct)
    {
        await CreateAsync(db, ct);
        var connection = new SqlConnection(new SqlConnectionStringBuilder(db.Database.GetConnectionString()) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            await using var command = connection.CreateCommand();
            command.CommandText = TakeLock;
            if (await command.ExecuteScalarAsync(ct) is >= 0)
                return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    private static async Task CreateAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var creator = db.GetService<IRelationalDatabaseCreator>();
        try
        {
            if (await creator.ExistsAsync(ct))
                return;
            await creator.CreateAsync(ct);
            await db.Database.ExecuteSqlRawAsync(SqlServerMusicGenDbContext.AllowSnapshots, ct); // for backups; its owner may
        }
        catch (SqlException e) when (e.Number == DatabaseAlreadyExists)
        {
            // Another node was quicker.
        }
    }
}
