using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MusicGen.Integration.Support;

/// <summary>What one node asked of its database, in the database's words and in order.</summary>
internal sealed class AskedQueries : DbCommandInterceptor
{
    private readonly ConcurrentQueue<string> _asked = new();

    public IReadOnlyList<string> All => [.. _asked];

    /// <summary>Looks at waiting tasks: every sweep has one.</summary>
    public int Sweeps => _asked.Count(sql => sql.Contains("GROUP BY", StringComparison.Ordinal));

    public void Clear() => _asked.Clear();

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        _asked.Enqueue(command.CommandText);
        return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
    }
}
