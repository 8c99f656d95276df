using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Backups;

/// <summary>What Redis alone knows of a user and a backup keeps: charges of the last day, and sessions where they are wanted.</summary>
internal sealed class RedisTraces(IDatabase redis)
{
    private const string Sum = "sum"; // beside the charges' ids, as acquire_quota.lua keeps it

    /// <summary>Redis's clock, by which charges are dated, in ms since 1970.</summary>
    public async Task<long> NowAsync()
    {
        var time = (long[])(await redis.ExecuteAsync("TIME"))!;
        return (time[0] * 1000) + (time[1] / 1000);
    }

    /// <summary>Reads a user's traces as of a moment that is just over.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="at">That moment by Redis's clock.</param>
    /// <param name="paid">Charges of tasks that the database of that moment has: any other was made for one that it hasn't yet.</param>
    /// <param name="sessions">Whether sessions are wanted.</param>
    /// <returns>Null where there are none.</returns>
    public async Task<UserTraces?> ReadAsync(UserId user, long at, IReadOnlySet<string> paid, bool sessions)
    {
        var charges = redis.SortedSetRangeByRankWithScoresAsync(RedisKeys.Charges(user));
        var seconds = redis.HashGetAllAsync(RedisKeys.ChargedSeconds(user));
        var refunded = redis.SortedSetRangeByRankWithScoresAsync(RedisKeys.RefundedCharges(user));
        var opened = sessions ? await redis.SortedSetRangeByRankWithScoresAsync(RedisKeys.Sessions(user)) : [];

        var kept = (await charges).Where(c => paid.Contains(c.Element.ToString()) || IsOfDeleted(c, at)).ToDictionary(c => c.Element.ToString(), c => (long)c.Score);
        var traces = new UserTraces(
            user.Value,
            kept,
            (await seconds).Where(s => kept.ContainsKey(s.Name.ToString())).ToDictionary(s => s.Name.ToString(), s => (long)s.Value),
            (await refunded).Where(r => paid.Contains(r.Element.ToString())).ToDictionary(r => r.Element.ToString(), r => (long)r.Score),
            [.. (await Task.WhenAll(opened.Select(o => ReadAsync(user, o)))).OfType<SessionTrace>()]);
        return traces.IsEmpty ? null : traces;
    }

    /// <summary>Puts a user's traces in place of whatever is there.</summary>
    public async Task WriteAsync(UserTraces traces)
    {
        var user = new UserId(traces.User);
        await redis.KeyDeleteAsync([RedisKeys.Charges(user), RedisKeys.ChargedSeconds(user), RedisKeys.RefundedCharges(user)]);
        await WriteAsync(RedisKeys.Charges(user), traces.Charges);
        await WriteAsync(RedisKeys.RefundedCharges(user), traces.Refunded);
        if (traces.ChargedMilliseconds.Count > 0)
        {
            await redis.HashSetAsync(
                RedisKeys.ChargedSeconds(user),
                [.. traces.ChargedMilliseconds.Select(c => new HashEntry(c.Key, c.Value)), new HashEntry(Sum, traces.ChargedMilliseconds.Values.Sum())]);
            await redis.KeyExpireAsync(RedisKeys.ChargedSeconds(user), TimeSpan.FromDays(1));
        }

        var now = await NowAsync();
        foreach (var session in traces.Sessions.Where(s => s.IdleEnd > now))
            await WriteAsync(user, session, now);
    }

    private static bool IsOfDeleted(SortedSetEntry charge, long at) =>
        charge.Score <= at && charge.Element.ToString().StartsWith(RedisQuotaLedger.Gone, StringComparison.Ordinal);

    private async Task<SessionTrace?> ReadAsync(UserId user, SortedSetEntry session)
    {
        var fields = await redis.HashGetAllAsync(RedisKeys.Session(user, new SessionId(session.Element.ToString())));
        return fields.Length == 0
            ? null // it ended in this moment
            : new SessionTrace(session.Element.ToString(), (long)session.Score, fields.ToDictionary(f => f.Name.ToString(), f => (byte[])f.Value!));
    }

    private async Task WriteAsync(RedisKey key, IReadOnlyDictionary<string, long> scores)
    {
        if (scores.Count == 0)
            return;
        await redis.SortedSetAddAsync(key, [.. scores.Select(s => new SortedSetEntry(s.Key, s.Value))]);
        await redis.KeyExpireAsync(key, TimeSpan.FromDays(1));
    }

    // As create_session.lua does: the set lives as long as its last session.
    private async Task WriteAsync(UserId user, SessionTrace session, long now)
    {
        var left = TimeSpan.FromMilliseconds(session.IdleEnd - now);
        var key = RedisKeys.Session(user, new SessionId(session.Id));
        await redis.HashSetAsync(key, [.. session.Fields.Select(f => new HashEntry(f.Key, f.Value))]);
        await redis.KeyExpireAsync(key, left);
        await redis.SortedSetAddAsync(RedisKeys.Sessions(user), session.Id, session.IdleEnd);
        if (await redis.KeyTimeToLiveAsync(RedisKeys.Sessions(user)) is not { } there || there < left)
            await redis.KeyExpireAsync(RedisKeys.Sessions(user), left);
    }
}

/// <param name="User">Whose.</param>
/// <param name="Charges">Times, in ms since 1970, by charge id.</param>
/// <param name="ChargedMilliseconds">Of audio, by charge id.</param>
/// <param name="Refunded">Times of charges that were given back and are remembered.</param>
/// <param name="Sessions">Those that live.</param>
internal sealed record UserTraces(
    Guid User, IReadOnlyDictionary<string, long> Charges, IReadOnlyDictionary<string, long> ChargedMilliseconds, IReadOnlyDictionary<string, long> Refunded,
    IReadOnlyList<SessionTrace> Sessions)
{
    public bool IsEmpty => Charges.Count + Refunded.Count + Sessions.Count == 0;
}

/// <param name="Id">The session's.</param>
/// <param name="IdleEnd">When it ends unless it is used, in ms since 1970.</param>
/// <param name="Fields">Its hash, byte by byte.</param>
internal sealed record SessionTrace(string Id, long IdleEnd, IReadOnlyDictionary<string, byte[]> Fields);
