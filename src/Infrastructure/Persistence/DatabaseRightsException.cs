using Microsoft.Data.SqlClient;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>SQL Server lets this user not change the database's shape, as it should be with a service's own; the message says who does.</summary>
public sealed class DatabaseRightsException : Exception
{
    // Of a table that somebody may read and not change it says too that it doesn't exist.
    private const int DeniedOnObject = 229;
    private const int DeniedInDatabase = 262;
    private const int NoSuchObjectOrDenied = 1088;
    private const int NoSuchSchemaOrDenied = 2760;
    private const int NoSuchTableOrDenied = 4902;

    public DatabaseRightsException(string message)
        : base(message)
    {
    }

    public DatabaseRightsException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public DatabaseRightsException()
        : this("The database's shape can't be changed by this user.")
    {
    }

    internal static bool IsMissing(SqlException e) =>
        e.Number is DeniedOnObject or DeniedInDatabase or NoSuchObjectOrDenied or NoSuchSchemaOrDenied or NoSuchTableOrDenied;

    internal static DatabaseRightsException Of(SqlException e) => new(
        $"The database has to be brought up to this version, which the user of DATABASE_URL may not do ({e.Message}). Run `migrate` of this version "
        + "with a DATABASE_URL of the user who may (docs/connections.md, Rights in SQL Server), then start this one again.",
        e);
}
