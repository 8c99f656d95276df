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

    private const string ForReading = "PRAGMA busy_timeout = 5000;";
    private const string Settings = $"PRAGMA journal_mode = 'wal'; {ForReading} PRAGMA synchronous = FULL;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SettingsOf(connection);
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = SettingsOf(connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Whether a database is there is asked by a connection that may not write: a copy that isn't in WAL mode yet stays as it is.
    private static string SettingsOf(DbConnection connection) =>
        connection.ConnectionString.Contains("Mode=ReadOnly", StringComparison.OrdinalIgnoreCase) ? ForReading : Settings;
}
