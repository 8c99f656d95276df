using Microsoft.Extensions.Options;
using MusicGen.Application.Quotas;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Quotas;

/// <summary>Exact rolling windows: every charge of the last day stands in Redis with its time and its milliseconds of audio.</summary>
internal sealed class RedisQuotaLedger(IDatabase redis, RedisClock clock, TimeProvider time, IOptions<QuotaOptions> options) : IQuotaLedger
{
    /// <summary>Begins the name of a charge whose task was deleted.</summary>
    public const string Gone = "gone:";

    private const int Together = 1000;

    private static readonly (string Name, TimeSpan Length)[] Windows =
        [("minute", TimeSpan.FromMinutes(1)), ("hour", TimeSpan.FromHours(1)), ("day", TimeSpan.FromDays(1))];

    private static readonly RedisScript Acquire = RedisScript.Named("acquire_quota");
    private static readonly RedisScript Settle = RedisScript.Named("settle_quota");
    private static readonly RedisScript Release = RedisScript.Named("release_quota");
    private static readonly RedisScript Detach = RedisScript.Named("detach_quota");
    private static readonly RedisScript Read = RedisScript.Named("read_quota");

    public async Task<QuotaLease> AcquireAsync(UserId user, Tier tier, QuotaCharge charge, CancellationToken ct)
    {
        var plan = options.Value.PlanOf(tier);
        await OpenAsync(user, charge.Id); // first: a process that dies in between must leave a trace of what it took
        var answer = (long[])(await Acquire.RunAsync(
            redis, AllKeys(user), charge.Id, Milliseconds(charge.AudioSeconds),
            plan.GenerationsPerMinute, plan.GenerationsPerHour, plan.GenerationsPerDay, plan.AudioSecondsPerDay * 1000L, clock.Now))!;
        switch ((AcquireCode)answer[0])
        {
            case AcquireCode.Charged:
                return new QuotaLease(null, IsNew: true);
            case AcquireCode.ChargedBefore:
                return new QuotaLease(null, IsNew: false);
            case var full:
                await KeepAsync(user, charge.Id);
                return new QuotaLease(QuotaErrors.Exceeded(NameOf(full), TimeSpan.FromMilliseconds(answer[1])), IsNew: false);
        }
    }

    public Task KeepAsync(UserId user, string chargeId) =>
        redis.SortedSetRemoveAsync(RedisKeys.OpenCharges, NameOf(user, chargeId), CommandFlags.FireAndForget);

    public async Task<IReadOnlyList<OpenCharge>> ListOpenAsync(TimeSpan age, CancellationToken ct)
    {
        var before = (time.GetUtcNow() - age).ToUnixTimeMilliseconds();
        var names = await redis.SortedSetRangeByScoreAsync(RedisKeys.OpenCharges, stop: before, take: Together);
        return [.. names.Select(n => n.ToString().Split('|', 2)).Select(n => UserId.TryParse(n[0], out var user) ? new OpenCharge(user, n[1]) : null).OfType<OpenCharge>()];
    }

    public Task SettleAsync(UserId user, string chargeId, double audioSecondsMade, CancellationToken ct) =>
        Settle.RunAsync(redis, CountedKeys(user), chargeId, Milliseconds(audioSecondsMade));

    public async Task ReleaseAsync(UserId user, string chargeId, CancellationToken ct)
    {
        await Release.RunAsync(redis, AllKeys(user), chargeId, (int)ReleaseKind.Forget);
        await KeepAsync(user, chargeId); // there is nothing left of it to look at
    }

    public async Task GiveUpAsync(UserId user, string chargeId, CancellationToken ct)
    {
        const int Shared = 2;
        if ((int)await Release.RunAsync(redis, AllKeys(user), chargeId, (int)ReleaseKind.OneLess) != Shared)
            await KeepAsync(user, chargeId);
    }

    public Task RefundAsync(UserId user, string chargeId, CancellationToken ct) =>
        Release.RunAsync(redis, AllKeys(user), chargeId, (int)ReleaseKind.Remember);

    public Task DetachAsync(UserId user, string chargeId, CancellationToken ct) =>
        Detach.RunAsync(redis, AllKeys(user), chargeId, $"{Gone}{Guid.CreateVersion7()}");

    public async Task<QuotaUsage> GetUsageAsync(UserId user, Tier tier, CancellationToken ct)
    {
        var plan = options.Value.PlanOf(tier);
        int[] limits = [plan.GenerationsPerMinute, plan.GenerationsPerHour, plan.GenerationsPerDay];
        var answer = (long[])(await Read.RunAsync(redis, CountedKeys(user), clock.Now))!;
        var windows = Windows
            .Select((w, i) => new QuotaWindow(w.Name, limits[i], answer[1 + (2 * i)], ResetsAt(answer[0], answer[2 + (2 * i)], w.Length)))
            .ToList();
        return new QuotaUsage(
            windows, new QuotaWindow("day", plan.AudioSecondsPerDay, answer[7] / 1000d, ResetsAt(answer[0], answer[8], Windows[2].Length)));
    }

    // By this node's clock: what it is compared with is a minute and more.
    private async Task OpenAsync(UserId user, string chargeId)
    {
        var batch = redis.CreateBatch();
        var opened = batch.SortedSetAddAsync(RedisKeys.OpenCharges, NameOf(user, chargeId), time.GetUtcNow().ToUnixTimeMilliseconds());
        var kept = batch.KeyExpireAsync(RedisKeys.OpenCharges, Windows[2].Length);
        batch.Execute();
        await Task.WhenAll(opened, kept);
    }

    private static string NameOf(UserId user, string chargeId) => $"{user}|{chargeId}";

    private static DateTimeOffset ResetsAt(long now, long oldest, TimeSpan window) =>
        DateTimeOffset.FromUnixTimeMilliseconds(oldest == 0 ? now : oldest).Add(oldest == 0 ? TimeSpan.Zero : window);

    private static long Milliseconds(double seconds) => (long)Math.Round(seconds * 1000);

    private static string NameOf(AcquireCode full) => full switch
    {
        AcquireCode.MinuteFull => "minute",
        AcquireCode.HourFull => "hour",
        AcquireCode.DayFull => "day",
        AcquireCode.AudioFull => "day's audio",
        _ => throw new InvalidOperationException($"acquire_quota has no answer {full}."),
    };

    private static RedisKey[] CountedKeys(UserId user) => [RedisKeys.Charges(user), RedisKeys.ChargedSeconds(user)];

    private static RedisKey[] AllKeys(UserId user) => [.. CountedKeys(user), RedisKeys.RefundedCharges(user)];

    // What release_quota.lua is asked for.
    private enum ReleaseKind
    {
        Forget = 0,
        Remember = 1,
        OneLess = 2,
    }

    // The answers of acquire_quota.lua.
    private enum AcquireCode
    {
        Charged = 0,
        ChargedBefore = 1,
        MinuteFull = 2,
        HourFull = 3,
        DayFull = 4,
        AudioFull = 5,
    }
}
