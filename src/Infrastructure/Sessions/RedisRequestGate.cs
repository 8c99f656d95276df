using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;
using Role = MusicGen.Domain.Identity.Role;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>One call of <c>check_request.lua</c> for each request; see there for how it counts.</summary>
internal sealed partial class RedisRequestGate(
    IDatabase database, RedisClock clock, IAccountLoader accounts, IPersonalTokenLoader tokens, IRevocationLog log, RedisReplay replay,
    RedisPatience patience, SessionPolicy policy, IOptions<RateLimitOptions> options, ILogger<RedisRequestGate> logger)
    : IRequestGate
{
    private const int ReadsFactor = 10;
    private const int MostNodes = 32;
    private const int Windows = 4;

    private static readonly RedisScript Check = RedisScript.Named("check_request");

    // Where each stands in an answer.
    private static readonly (string Name, TimeSpan Length, int At)[] WindowKinds =
    [
        ("burst", TimeSpan.FromSeconds(1), 8),
        ("minute", TimeSpan.FromMinutes(1), 11),
        ("hour", TimeSpan.FromHours(1), 14),
        ("day", TimeSpan.FromDays(1), 17),
        ("minute", TimeSpan.FromMinutes(1), 23), // a personal token's own
    ];

    private readonly RedisValue _standard = UserLimits(options.Value, 1);
    private readonly RedisValue _reads = UserLimits(options.Value, ReadsFactor);

    private enum Answer
    {
        Allowed = 0,
        SessionEnded = 1,
        TokenRevoked = 2,
        Limited = 3,
        AccountUnknown = 4,
        TokenSetAside = 5,
    }

    public Task<GateDecision> CheckAsync(
        UserId user, SessionId session, string jti, long counter, string? address, RateBucket bucket, CancellationToken ct) =>
        replay.AskAsync(() => CheckOnceAsync(user, session, jti, counter, address, bucket, ct), ct);

    public async Task<GateDecision> CountAsync(SessionReference caller, RateBucket bucket, CancellationToken ct)
    {
        RedisKey[] keys = [RedisKeys.UserCounts(caller.User, BucketName(bucket)), RedisKeys.Account(caller.User)];
        RedisValue[] arguments = [LimitsOf(bucket), string.Empty, 0, string.Empty, clock.Now];

        // A user who is no more counts as free under the old name: the refusal itself is somebody else's to say.
        var answer = await AskOfAsync(caller.User, keys, arguments, ct);
        if (Outcome(answer) == Answer.AccountUnknown)
            answer = await AskAsync(keys[..1], arguments, ct);
        return Decision(answer, isInternal: false);
    }

    public async Task<GateDecision> CountAsync(string address, bool isInternal, RateBucket bucket, CancellationToken ct)
    {
        var limits = isInternal
            ? Packed([.. Numbers(options.Value.Internal, bucket == RateBucket.Reads ? ReadsFactor : 1)])
            : LimitsOf(bucket);
        var name = isInternal ? $"internal:{BucketName(bucket)}" : BucketName(bucket);
        var answer = await AskAsync(
            [RedisKeys.AddressCounts(address, name)], [limits, string.Empty, 0, string.Empty, clock.Now], ct);
        return Decision(answer, isInternal);
    }

    public async Task<TimeSpan?> CountStrictAsync(StrictLimit name, string subject, CancellationToken ct)
    {
        var (bucket, minute, hour, day) = name switch
        {
            StrictLimit.Register => ("register", options.Value.RegisterMinute, 0, 0),
            StrictLimit.Recovery => ("recovery", options.Value.RecoveryMinute, 0, 0),
            StrictLimit.Refresh => ("refresh", options.Value.RefreshMinute, 0, 0),
            StrictLimit.Mail => ("mail", 0, options.Value.MailHour, 0),
            StrictLimit.TokenLookup => ("token-lookup", options.Value.TokenLookupMinute, 0, 0),
            StrictLimit.GuessWarning => ("guess-warning", 0, 0, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such limit."),
        };
        RedisValue[] arguments = [Packed([0, minute, hour, day]), string.Empty, 0, string.Empty, clock.Now];

        var answer = await AskAsync([RedisKeys.StrictCounts(subject, bucket)], arguments, ct);
        return Outcome(answer) == Answer.Limited ? RetryAfter(answer) : null;
    }

    private static RedisValue UserLimits(RateLimitOptions limits, int factor) => Packed(
    [
        .. Numbers(limits.Free, factor), .. Numbers(limits.Premium, factor),
        .. Numbers(limits.Enterprise, factor), .. Numbers(limits.Admin, factor),
    ]);

    private static double[] Numbers(RateLimits limits, int factor) =>
        [limits.Burst * factor, limits.Minute * factor, limits.Hour * factor, limits.Day * factor];

    // As the script unpacks them: one argument instead of sixteen.
    private static RedisValue Packed(double[] numbers) => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();

    internal static string BucketName(RateBucket bucket) => bucket == RateBucket.Reads ? "reads" : "standard";

    private static Answer Outcome(double[] answer) => (Answer)answer[0];

    private static TimeSpan RetryAfter(double[] answer) => TimeSpan.FromMilliseconds(answer[4] - answer[3]);

    private static GateDecision Refused(GateOutcome outcome) => new(outcome, Tier.Free.Name(), Role.User, Tier.Free, [], TimeSpan.Zero);

    private static GateDecision Decision(double[] answer, bool isInternal)
    {
        var limited = Outcome(answer) == Answer.Limited;
        var (role, tier) = ((Role)answer[1], (Tier)answer[2]);
        var windows = new List<RateWindow>(Windows);
        foreach (var (kind, length, at) in WindowKinds)
        {
            if (at >= answer.Length || answer[at] == 0)
                continue;

            // Of two windows of one length, the user's and the personal token's own, the tighter one is what holds.
            var window = new RateWindow(kind, length, (long)answer[at], (long)answer[at + 1], DateTimeOffset.FromUnixTimeMilliseconds((long)answer[at + 2]));
            var same = windows.FindIndex(w => w.Name == kind);
            if (same < 0)
                windows.Add(window);
            else if (window.Remaining < windows[same].Remaining)
                windows[same] = window;
        }

        var name = isInternal ? "internal" : role == Role.Admin ? role.Name() : tier.Name();
        return new GateDecision(
            limited ? GateOutcome.Limited : GateOutcome.Allowed, name, role, tier, windows, limited ? RetryAfter(answer) : TimeSpan.Zero)
        {
            SteppedUpAt = Moment(answer[5]),
            ProvedAt = Moment(Math.Max(answer[5], answer[6])),
            UsedTwoFactors = answer[7] == 2,
        };
    }

    private static DateTimeOffset? Moment(double milliseconds) => milliseconds > 0 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;

    private RedisValue LimitsOf(RateBucket bucket) => bucket == RateBucket.Reads ? _reads : _standard;

    private async Task<GateDecision> CheckOnceAsync(
        UserId user, SessionId session, string jti, long counter, string? address, RateBucket bucket, CancellationToken ct)
    {
        RedisKey[] keys =
        [
            RedisKeys.UserCounts(user, BucketName(bucket)), RedisKeys.Account(user), RedisKeys.Session(user, session),
            RedisKeys.Sessions(user), RedisKeys.RevokedToken(user, jti),
        ];
        RedisValue[] arguments = [LimitsOf(bucket), session.Value, counter, address ?? string.Empty, clock.Now];

        var answer = await AskOfAsync(user, keys, arguments, ct);
        switch (Outcome(answer))
        {
            case Answer.Allowed or Answer.Limited:
                return Decision(answer, isInternal: false);
            case Answer.TokenRevoked:
                return Refused(GateOutcome.TokenRevoked);
            case Answer.TokenSetAside:
                Log.AccessTokenReused(logger, session);
                var at = DateTimeOffset.FromUnixTimeMilliseconds((long)answer[1]);
                await log.AddAsync(Revocation.OfSession(user, session, at, at + policy.Longest));
                await database.KeyDeleteAsync(RedisKeys.Session(user, session)); // should Redis have restarted meanwhile
                return Refused(GateOutcome.TokenReused);
            default:
                return Refused(GateOutcome.SessionEnded); // a user unknown to the database too has none
        }
    }

    // Each node that finds Redis restarted takes the account away once more, which may be just after this one has brought it.
    private async Task<double[]> AskOfAsync(UserId user, RedisKey[] keys, RedisValue[] arguments, CancellationToken ct)
    {
        var answer = await AskAsync(keys, arguments, ct);
        for (var tries = 0; Outcome(answer) == Answer.AccountUnknown && tries < MostNodes && await accounts.LoadAsync(user, ct); tries++)
            answer = await AskAsync(keys, arguments, ct);
        return answer;
    }

    private async Task<double[]> AskAsync(RedisKey[] keys, RedisValue[] arguments, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var answer = (byte[])(await patience.AskAsync(() => Check.RunAsync(database, keys, arguments)))!;
        return MemoryMarshal.Cast<byte, double>(answer).ToArray();
    }

    private static partial class Log
    {
        [LoggerMessage(2002, LogLevel.Warning, "A set-aside access token was used; session {SessionId} revoked")]
        public static partial void AccessTokenReused(ILogger logger, SessionId sessionId);
    }
}
