using System.Data.Common;
using Microsoft.Extensions.Logging;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>
/// Ends in Redis what the database knows to be over, whenever Redis may have restarted and before anybody is let in by
/// what it says. While that can't be done, whoever asks is told of an outage.
/// </summary>
internal sealed partial class RedisReplay(
    IDatabase database, RedisPatience patience, RedisGeneration generations, IRevocationLog log, RedisClock clock, ILogger<RedisReplay> logger) : IDisposable
{
    private const int UsersAtOnce = 100;

    private static readonly RedisScript Replay = RedisScript.Named("replay_revocations");

    private readonly SemaphoreSlim _replaying = new(1, 1);
    private long _replayed;

    /// <summary>
    /// Asks Redis something that lets somebody in. An answer that came while the connection changed may be that of a Redis
    /// that lacks a revocation, so the question is asked again; it must bear that.
    /// </summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> question, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var generation = generations.Value;
            if (Volatile.Read(ref _replayed) != generation)
            {
                await CatchUpAsync(ct);
                continue;
            }

            var answer = await question();
            if (generations.Value == generation)
                return answer;
        }
    }

    public void Dispose() => _replaying.Dispose();

    private async Task CatchUpAsync(CancellationToken ct)
    {
        // While Redis is gone everybody hears so at once, without a queue and without asking the database.
        await patience.AskAsync(() => database.PingAsync());
        await _replaying.WaitAsync(ct);
        try
        {
            var generation = generations.Value;
            if (_replayed == generation)
                return;

            var rows = await ReadAsync(ct);
            var ended = 0L;
            foreach (var users in rows.GroupBy(r => r.UserId).Chunk(UsersAtOnce))
                ended += (await Task.WhenAll(users.Select(user => EndAsync(user.Key, [.. user])))).Sum();
            Volatile.Write(ref _replayed, generation);
            if (ended > 0)
                Log.Replayed(logger, ended);
        }
        finally
        {
            _replaying.Release();
        }
    }

    private async Task<IReadOnlyList<Revocation>> ReadAsync(CancellationToken ct)
    {
        try
        {
            await log.RemoveExpiredAsync(ct);
            return await log.ReadAsync(ct);
        }
        catch (DbException e)
        {
            throw new RevocationsUnreadableException("The revocations can't be read, so nobody is let in by what Redis says.", e);
        }
    }

    private async Task<long> EndAsync(UserId user, Revocation[] rows)
    {
        // A session opened after this reading is younger than every cut-off.
        var known = await database.SortedSetRangeByRankAsync(RedisKeys.Sessions(user));
        var ended = Of(rows, RevocationKind.Session).Select(r => r.Value).ToHashSet(StringComparer.Ordinal);
        var sessions = known.Select(id => id.ToString()).Union(ended, StringComparer.Ordinal).ToArray();
        var cuts = Of(rows, RevocationKind.User).ToArray();
        var tokens = Of(rows, RevocationKind.Token).GroupBy(r => r.Value, StringComparer.Ordinal)
            .Select(same => (Jti: same.Key, End: same.Max(r => r.ExpiresAt))).ToArray();

        return (long)await Replay.RunAsync(
            database,
            [
                RedisKeys.Sessions(user), RedisKeys.Account(user),
                .. sessions.Select(id => RedisKeys.Session(user, new SessionId(id))),
                .. tokens.Select(t => RedisKeys.RevokedToken(user, t.Jti)),
            ],
            [
                cuts.Length, sessions.Length,
                .. cuts.SelectMany(c => new RedisValue[] { c.At.ToUnixTimeMilliseconds(), c.Value }),
                .. sessions.SelectMany(id => new RedisValue[] { id, ended.Contains(id) ? 1 : 0 }),
                .. tokens.Select(t => (RedisValue)t.End.ToUnixTimeMilliseconds()),
                clock.Now,
            ]);
    }

    private static IEnumerable<Revocation> Of(Revocation[] rows, RevocationKind kind) => rows.Where(r => r.Kind == kind);

    private static partial class Log
    {
        [LoggerMessage(2003, LogLevel.Warning, "Redis came back without {Count} revocations; they are in force again")]
        public static partial void Replayed(ILogger logger, long count);
    }
}

/// <summary>The database is what says which sessions are over, and it can't be asked.</summary>
internal sealed class RevocationsUnreadableException(string message, Exception inner) : Exception(message, inner);
