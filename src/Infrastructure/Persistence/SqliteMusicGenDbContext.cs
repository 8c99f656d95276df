using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>The embedded default: one file, in WAL mode, so that readers never wait for a writer.</summary>
public sealed class SqliteMusicGenDbContext(DbContextOptions<SqliteMusicGenDbContext> options) : MusicGenDbContext(options)
{
    // Whole attempts go on for so long, the first of which waits five seconds by itself.
    private const int TimeoutSeconds = 5;

    private const int ConstraintPrimaryKey = 1555; // sqlite.org/rescode.html
    private const int ConstraintUnique = 2067;

    /// <summary>To SQLite a transaction that takes no lock before it writes; its readers see one moment in any.</summary>
    public override IsolationLevel OneMoment => IsolationLevel.ReadUncommitted;

    internal override string AskTables => "SELECT name AS Value FROM sqlite_master WHERE type = 'table'";

    /// <summary>Nothing is on the way here, and each parameter's name is looked for among all.</summary>
    internal override int ParametersAtOnce => 32;

    /// <summary>How a context of this kind reaches its file.</summary>
    public static void Configure(DbContextOptionsBuilder builder, string connectionString)
    {
        var connection = new SqliteConnectionStringBuilder(connectionString) { ForeignKeys = true, DefaultTimeout = TimeoutSeconds };
        builder.UseSqlite(connection.ConnectionString).AddInterceptors(SqliteConnectionInterceptor.Instance).LeaveFailuresToCallers();
    }

    /// <summary>Opens a file that nobody writes to, and leaves it and its folder as they are.</summary>
    /// <param name="file">May be of an earlier version: then only raw queries are safe.</param>
    public static SqliteMusicGenDbContext OpenUntouched(string file) => Open(file, SqliteOpenMode.ReadOnly);

    /// <summary>Opens a file that nobody else has: without a log beside it, so that the file alone is whole.</summary>
    /// <param name="file">Is there; a new one may be empty.</param>
    public static SqliteMusicGenDbContext OpenAlone(string file) => Open(file, SqliteOpenMode.ReadWrite);

    /// <summary>The file that a connection string names, absolute.</summary>
    public static string FileOf(string connectionString) => Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    private static SqliteMusicGenDbContext Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, ForeignKeys = true };
        return new SqliteMusicGenDbContext(new DbContextOptionsBuilder<SqliteMusicGenDbContext>().UseSqlite(connection.ConnectionString).Options);
    }

    protected override bool IsUniqueViolation(Exception cause) =>
        cause is SqliteException { SqliteExtendedErrorCode: ConstraintUnique or ConstraintPrimaryKey };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
    }
}
