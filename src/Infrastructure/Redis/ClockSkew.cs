using Microsoft.EntityFrameworkCore;
using MusicGen.Infrastructure.Persistence;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// How far this machine's clock is ahead of a store's: limits, sessions and revocations are counted by Redis's, tokens and
/// rows by this machine's.
/// </summary>
internal sealed class ClockSkew(IDatabase database, RedisPatience patience, TimeProvider time)
{
    /// <summary>The server's time in T-SQL.</summary>
    internal const string AskTime = "SELECT SYSUTCDATETIME() AS Value";

    /// <summary>Against Redis.</summary>
    public async Task<TimeSpan> OfRedisAsync()
    {
        var theirs = await patience.AskAsync(() => database.ExecuteAsync("TIME"));
        return time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(((long)theirs[0] * 1000) + ((long)theirs[1] / 1000));
    }

    /// <summary>Against SQL Server; null where the database is a file, which has no clock.</summary>
    public async Task<TimeSpan?> OfDatabaseAsync(MusicGenDbContext db, CancellationToken ct) => db is SqliteMusicGenDbContext
        ? null
        : time.GetUtcNow().UtcDateTime - await db.Database.SqlQueryRaw<DateTime>(AskTime).SingleAsync(ct);
}
