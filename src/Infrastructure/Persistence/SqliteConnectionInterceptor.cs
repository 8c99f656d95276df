using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>
/// Sets what SQLite keeps per connection: a writer waits five seconds for another one instead of failing, and a commit
/// is on the disk when it returns, which WAL mode would otherwise put off.
/// </summary>
internal sealed class SqliteConnectionInterceptor : DbConnectionInterceptor
{
    public static readonly SqliteConnectionInterceptor Instance = new();

    private const string Settings = "PRAGMA journal_mode = 'wal'; PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Settings;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Settings;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
