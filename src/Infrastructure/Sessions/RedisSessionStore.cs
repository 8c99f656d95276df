using System.Globalization;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>Sessions in Redis. Whatever decides about one, or changes it, is a single script.</summary>
internal sealed partial class RedisSessionStore(
    IDatabase database, RedisClock clock, RefreshTokens tokens, SessionPolicy policy, IRevocationLog log, RedisReplay replay,
    ILogger<RedisSessionStore> logger) : ISessionStore
{
    private const int MaxUserAgent = 512;

    private static readonly RedisScript Create = RedisScript.Named("create_session");
    private static readonly RedisScript Rotate = RedisScript.Named("rotate_refresh_token");
    private static readonly RedisScript Find = RedisScript.Named("find_session");
    private static readonly RedisScript List = RedisScript.Named("list_sessions");
    private static readonly RedisScript Close = RedisScript.Named("close_session");
    private static readonly RedisScript CloseUser = RedisScript.Named("close_user_sessions");
    private static readonly RedisScript StepUp = RedisScript.Named("step_up_session");
    private static readonly RedisScript PutAccount = RedisScript.Named("put_account");

    private enum Rotation
    {
        Reused = -1,
        Ended = 0,
        Exchanged = 1,
    }

    public async Task<OpenSession> OpenAsync(User user, SessionOrigin origin, bool remembered, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var session = SessionId.New();
        var salt = RefreshTokens.NewSalt();
        var agent = origin.UserAgent ?? string.Empty;
        var account = AccountState.Of(user);

        var lifetime = (long)await Create.RunAsync(
            database,
            [RedisKeys.Session(user.Id, session), RedisKeys.Sessions(user.Id), RedisKeys.Account(user.Id)],
            session.Value,
            salt,
            Milliseconds(policy.IdleFor(remembered)),
            Milliseconds(policy.AbsoluteFor(remembered)),
            remembered ? 1 : 0,
            origin.Address ?? string.Empty,
            agent.Length > MaxUserAgent ? agent[..MaxUserAgent] : agent,
            account.Role,
            account.Tier,
            account.Disabled,
            Milliseconds(AccountState.Lifetime),
            origin.LatestEnd?.ToUnixTimeMilliseconds() ?? RedisValue.EmptyString,
            (int)origin.Proof,
            clock.Now);
        return new OpenSession(
            user.Id, session, 0, remembered, tokens.Issue(user.Id, session, 0, salt), TimeSpan.FromMilliseconds(lifetime));
    }

    public async Task<Result<OpenSession>> RotateAsync(string refreshToken, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return tokens.Read(refreshToken) is { } token
            ? await replay.AskAsync(() => RotateOnceAsync(token), ct)
            : SessionErrors.RefreshInvalid;
    }

    public SessionReference? Read(string? refreshToken) =>
        tokens.Read(refreshToken) is { } token ? new SessionReference(token.User, token.Session) : null;

    public async Task<bool> CloseAsync(UserId user, SessionId session, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var now = await FindAsync(user, session);
        if (now == 0)
            return false;

        // The row first: where it can't be written nothing has ended, and trying again does the whole.
        await log.AddAsync(OfSession(user, session, now));
        return (bool)await Close.RunAsync(
            database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, clock.Now);
    }

    public async Task<int> CloseAllAsync(UserId user, SessionId? except, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var answer = await CloseUser.RunAsync(
            database, [RedisKeys.Sessions(user)], except?.Value ?? string.Empty, clock.Now);
        return await CutOffAsync(user, except, answer);
    }

    public async Task<IReadOnlyList<SessionSummary>> ListAsync(UserId user, CancellationToken ct)
    {
        var ids = Ids(await replay.AskAsync(() => List.RunAsync(database, [RedisKeys.Sessions(user)], clock.Now), ct));
        var rows = await Task.WhenAll(ids.Select(id => database.HashGetAsync(
            RedisKeys.Session(user, id), ["created", "seen", "address", "agent"])));
        return [.. ids.Zip(rows)
            .Where(pair => !pair.Second[0].IsNull) // it ended between the two questions
            .Select(pair => Summary(pair.First, pair.Second))
            .OrderByDescending(s => s.LastSeenAt)];
    }

    public async Task<bool> IsAliveAsync(UserId user, SessionId session, CancellationToken ct) =>
        await replay.AskAsync(() => FindAsync(user, session), ct) > 0;

    public async Task<DateTimeOffset?> StepUpAsync(UserId user, SessionId session, SessionProof proof, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var at = (long)await StepUp.RunAsync(
            database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, (int)proof, clock.Now);
        return at > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    public async Task RefreshAccountAsync(User user, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var account = AccountState.Of(user);
        var answer = await PutAccount.RunAsync(
            database,
            [RedisKeys.Account(user.Id), RedisKeys.Sessions(user.Id)],
            account.Role,
            account.Tier,
            account.Disabled,
            Milliseconds(AccountState.Lifetime),
            1,
            clock.Now);
        if (user.IsDisabled)
            await CutOffAsync(user.Id, except: null, answer);
    }

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    private static SessionId[] Ids(RedisResult result) => Ids((string[])result!);

    private static SessionId[] Ids(IEnumerable<string> ids) => [.. ids.Select(id => new SessionId(id))];

    private static SessionSummary Summary(SessionId id, RedisValue[] row) =>
        new(id, Time(row[0]), Time(row[1]), NullIfEmpty(row[2]), NullIfEmpty(row[3]));

    private static DateTimeOffset Time(RedisValue value) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(value.ToString(), CultureInfo.InvariantCulture));

    private static string? NullIfEmpty(RedisValue value) => value.IsNullOrEmpty ? null : value.ToString();

    private async Task<Result<OpenSession>> RotateOnceAsync(RefreshToken token)
    {
        // The salt never changes while its session lives, so reading it ahead of the script decides nothing too early;
        // the script asks for the same salt again.
        var key = RedisKeys.Session(token.User, token.Session);
        string? salt = await database.HashGetAsync(key, "salt");
        if (salt is null || !RefreshTokens.Fits(token, salt))
            return SessionErrors.RefreshInvalid;

        var answer = (long[])(await Rotate.RunAsync(
            database,
            [key, RedisKeys.Sessions(token.User), RedisKeys.Account(token.User)],
            token.Session.Value,
            salt,
            token.Counter,
            clock.Now))!;
        switch ((Rotation)answer[0])
        {
            case Rotation.Exchanged:
                return new OpenSession(
                    token.User,
                    token.Session,
                    answer[1],
                    answer[2] == 1,
                    tokens.Issue(token.User, token.Session, answer[1], salt),
                    TimeSpan.FromMilliseconds(answer[3]));
            case Rotation.Reused:
                Log.RefreshTokenReused(logger, token.Session);
                await log.AddAsync(OfSession(token.User, token.Session, answer[1]));
                await RemoveHashesAsync(token.User, [token.Session]);
                return SessionErrors.RefreshReused;
            default:
                return SessionErrors.RefreshInvalid;
        }
    }

    private Revocation OfSession(UserId user, SessionId session, long now)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(now);
        return Revocation.OfSession(user, session, at, at + policy.Longest);
    }

    private async Task<long> FindAsync(UserId user, SessionId session) => (long)await Find.RunAsync(
        database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, clock.Now);

    /// <summary>Writes down what a script ended, even where it found nothing: an earlier try may have come only half-way.</summary>
    private async Task<int> CutOffAsync(UserId user, SessionId? except, RedisResult answer)
    {
        var values = (string[])answer!;
        var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(values[0], CultureInfo.InvariantCulture));
        await log.AddAsync(Revocation.OfUser(user, except, at, at + policy.CutOffsAreKept));
        return await RemoveHashesAsync(user, Ids(values.Skip(1)));
    }

    /// <summary>After the row, not before: should Redis have restarted meanwhile, this ends them there as well.</summary>
    private async Task<int> RemoveHashesAsync(UserId user, SessionId[] ended)
    {
        if (ended.Length > 0)
            await database.KeyDeleteAsync([.. ended.Select(id => RedisKeys.Session(user, id))]);
        return ended.Length;
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Refresh token reuse detected; session {SessionId} revoked")]
        public static partial void RefreshTokenReused(ILogger logger, SessionId sessionId);
    }
}
