using System.Net;
using Microsoft.Data.SqlClient;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>What an ADO.NET string for SQL Server says about the way there.</summary>
public static class SqlServerConnectionString
{
    private const int LargestPool = 1000;

    /// <summary>Whether nobody on the way can read or answer: TLS with a certificate that is checked, or no way at all.</summary>
    /// <exception cref="ArgumentException">It is no such string.</exception>
    public static bool IsProtected(string text)
    {
        var connection = new SqlConnectionStringBuilder(text);
        return IsLocal(HostOf(connection.DataSource))
            || (!SqlConnectionEncryptOption.Optional.Equals(connection.Encrypt) && !connection.TrustServerCertificate);
    }

    /// <summary>Whether a process can have so many connections and no more: a pool, of a thousand at most (100 where none is named).</summary>
    /// <exception cref="ArgumentException">It is no such string.</exception>
    public static bool IsBounded(string text) => new SqlConnectionStringBuilder(text) is { Pooling: true, MaxPoolSize: <= LargestPool };

    // As in tcp:sql.example.org,1433 or sql.example.org\instance.
    private static string HostOf(string source) =>
        source[(source.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',', '\\')[0].Trim();

    private static bool IsLocal(string host) =>
        host is "." or "(local)" or "(localdb)" or "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
