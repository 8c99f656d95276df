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
    IDatabase database, RedisClock clock, RefreshTokens tokens, SessionPolicy policy, ILogger<RedisSessionStore> logger) : ISessionStore
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
            clock.Now);
        return new OpenSession(
            user.Id, session, 0, remembered, tokens.Issue(user.Id, session, 0, salt), TimeSpan.FromMilliseconds(lifetime));
    }

    public async Task<Result<OpenSession>> RotateAsync(string refreshToken, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (tokens.Read(refreshToken) is not { } token)
            return SessionErrors.RefreshInvalid;

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
                return SessionErrors.RefreshReused;
            default:
                return SessionErrors.RefreshInvalid;
        }
    }

    public SessionReference? Read(string? refreshToken) =>
        tokens.Read(refreshToken) is { } token ? new SessionReference(token.User, token.Session) : null;

    public async Task<bool> CloseAsync(UserId user, SessionId session, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return (bool)await Close.RunAsync(
            database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, clock.Now);
    }

    public async Task<int> CloseAllAsync(UserId user, SessionId? except, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var ended = await CloseUser.RunAsync(
            database, [RedisKeys.Sessions(user)], except?.Value ?? string.Empty, clock.Now);
        return await RemoveHashesAsync(user, ended);
    }

    public async Task<IReadOnlyList<SessionSummary>> ListAsync(UserId user, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var ids = Ids(await List.RunAsync(database, [RedisKeys.Sessions(user)], clock.Now));
        var rows = await Task.WhenAll(ids.Select(id => database.HashGetAsync(
            RedisKeys.Session(user, id), ["created", "seen", "address", "agent"])));
        return [.. ids.Zip(rows)
            .Where(pair => !pair.Second[0].IsNull) // it ended between the two questions
            .Select(pair => Summary(pair.First, pair.Second))
            .OrderByDescending(s => s.LastSeenAt)];
    }

    public async Task<bool> IsAliveAsync(UserId user, SessionId session, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return (bool)await Find.RunAsync(
            database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, clock.Now);
    }

    public async Task<DateTimeOffset?> StepUpAsync(UserId user, SessionId session, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var at = (long)await StepUp.RunAsync(
            database, [RedisKeys.Session(user, session), RedisKeys.Sessions(user)], session.Value, clock.Now);
        return at > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    public async Task RefreshAccountAsync(User user, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var account = AccountState.Of(user);
        var ended = await PutAccount.RunAsync(
            database,
            [RedisKeys.Account(user.Id), RedisKeys.Sessions(user.Id)],
            account.Role,
            account.Tier,
            account.Disabled,
            Milliseconds(AccountState.Lifetime),
            1);
        await RemoveHashesAsync(user.Id, ended);
    }

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    private static SessionId[] Ids(RedisResult result) => [.. ((string[])result!).Select(id => new SessionId(id))];

    private static SessionSummary Summary(SessionId id, RedisValue[] row) =>
        new(id, Time(row[0]), Time(row[1]), NullIfEmpty(row[2]), NullIfEmpty(row[3]));

    private static DateTimeOffset Time(RedisValue value) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(value.ToString(), CultureInfo.InvariantCulture));

    private static string? NullIfEmpty(RedisValue value) => value.IsNullOrEmpty ? null : value.ToString();

    private async Task<int> RemoveHashesAsync(UserId user, RedisResult ended)
    {
        var ids = Ids(ended);
        if (ids.Length > 0)
            await database.KeyDeleteAsync([.. ids.Select(id => RedisKeys.Session(user, id))]);
        return ids.Length;
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Refresh token reuse detected; session {SessionId} revoked")]
        public static partial void RefreshTokenReused(ILogger logger, SessionId sessionId);
    }
}
