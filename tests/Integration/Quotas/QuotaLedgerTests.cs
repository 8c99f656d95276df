using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Quotas;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Quotas;

/// <summary>The quota scripts on both servers, with a clock of the test's, so that days pass at once.</summary>
public sealed class QuotaLedgerTests(RedisServers servers)
{
    // Later than any day on which this runs: other tests' nodes share the Redis, and give back what was charged long ago for
    // no task that they know.
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(4_000_000_000_000));
    private readonly UserId _user = UserId.New(DateTimeOffset.UtcNow);

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Fifty_at_once_never_exceed_the_plan(RedisKind kind)
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LedgerAsync(kind, realTime: true)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AcquireAsync(nodes[i % 5], $"charge-{i}", Tier.Premium)));

        Assert.Equal(10, answers.Count(a => a.Refusal is null));
        Assert.All(answers.Where(a => a.Refusal is not null), a => Assert.Equal("quota.exceeded", a.Refusal!.Code));
        Assert.Equal(10, (await nodes[0].GetUsageAsync(_user, Tier.Premium, CancellationToken.None)).Windows[0].Used);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task One_id_is_charged_once_however_often_it_is_tried_at_once(RedisKind kind)
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LedgerAsync(kind)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AcquireAsync(nodes[i % 5], "the-same")));

        Assert.All(answers, a => Assert.Null(a.Refusal));
        Assert.Single(answers, a => a.IsNew);
        Assert.Equal(10, (await UsageAsync(nodes[0])).AudioSeconds.Used);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Waiting_exactly_as_long_as_told_is_enough_and_a_millisecond_less_is_not(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "a");
        _clock.Advance(TimeSpan.FromSeconds(20));
        await AcquireAsync(ledger, "b");
        _clock.Advance(TimeSpan.FromSeconds(5));

        var refused = await AcquireAsync(ledger, "c");

        Assert.Equal(TimeSpan.FromSeconds(35), refused.Refusal!.RetryAfter);
        Assert.Contains("minute", refused.Refusal.Message, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromSeconds(35) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), (await AcquireAsync(ledger, "c")).Refusal!.RetryAfter);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null((await AcquireAsync(ledger, "c")).Refusal);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Every_window_holds_over_two_simulated_days(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        var accepted = new List<DateTimeOffset>();

        for (var i = 0; i < 290; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(9.7));
            if ((await AcquireAsync(ledger, $"c{i}", seconds: 1)).Refusal is null)
                accepted.Add(_clock.GetUtcNow());
        }

        foreach (var (length, most) in new[] { (TimeSpan.FromHours(1), 10), (TimeSpan.FromDays(1), 50) })
            Assert.All(accepted, end => Assert.InRange(accepted.Count(t => t <= end && t > end - length), 1, most));
        Assert.Equal(100, accepted.Count); // 290 tries in 47 h: fifty in each rolling day
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Audio_seconds_run_out_before_generations_do(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        for (var i = 0; i < 30; i++)
        {
            Assert.Null((await AcquireAsync(ledger, $"c{i}", seconds: 60)).Refusal);
            _clock.Advance(TimeSpan.FromMinutes(10));
        }

        var refused = await AcquireAsync(ledger, "one-more", seconds: 61);

        Assert.Contains("audio", refused.Refusal!.Message, StringComparison.Ordinal);
        // Two charges must leave for 61 seconds: the second was made ten minutes after the first.
        Assert.Equal(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(290), refused.Refusal.RetryAfter);
        var usage = await UsageAsync(ledger);
        Assert.Equal((1800, 0), (usage.AudioSeconds.Used, usage.AudioSeconds.Remaining));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Settling_gives_audio_back_but_keeps_the_generation(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "a", seconds: 60);

        await ledger.SettleAsync(_user, "a", 12.345, CancellationToken.None);
        await ledger.SettleAsync(_user, "a", 50, CancellationToken.None);
        await ledger.SettleAsync(_user, "never-charged", 1, CancellationToken.None);

        var usage = await UsageAsync(ledger);
        Assert.Equal((12.345, 1), (usage.AudioSeconds.Used, usage.Windows[2].Used));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_released_charge_can_be_charged_anew_and_a_refunded_one_stays_free(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "released");
        await AcquireAsync(ledger, "refunded");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ledger.ReleaseAsync(_user, "released", CancellationToken.None)));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ledger.RefundAsync(_user, "refunded", CancellationToken.None)));

        Assert.Equal((0, 0), ((await UsageAsync(ledger)).AudioSeconds.Used, (await UsageAsync(ledger)).Windows[0].Used));
        Assert.False((await AcquireAsync(ledger, "refunded")).IsNew);
        Assert.True((await AcquireAsync(ledger, "released")).IsNew);
        Assert.Equal(10, (await UsageAsync(ledger)).AudioSeconds.Used);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_shared_charge_goes_back_with_the_last_that_gives_it_up_and_never_from_one_that_came_to_something(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        foreach (var id in (string[])["nobody's", "nobody's", "somebody's", "somebody's", "refunded"])
            await AcquireAsync(ledger, id, Tier.Premium);
        await ledger.RefundAsync(_user, "refunded", CancellationToken.None);

        foreach (var id in (string[])["nobody's", "somebody's", "refunded"])
            await ledger.GiveUpAsync(_user, id, CancellationToken.None);
        var shared = await UsageAsync(ledger);
        await ledger.GiveUpAsync(_user, "nobody's", CancellationToken.None);
        await AcquireAsync(ledger, "somebody's", Tier.Premium); // asked again
        await ledger.GiveUpAsync(_user, "somebody's", CancellationToken.None);

        Assert.Equal((2, 20), (shared.Windows[0].Used, shared.AudioSeconds.Used));
        Assert.Equal((1, 10), ((await UsageAsync(ledger)).Windows[0].Used, (await UsageAsync(ledger)).AudioSeconds.Used));
        Assert.False((await AcquireAsync(ledger, "refunded", Tier.Premium)).IsNew);
        Assert.True((await AcquireAsync(ledger, "nobody's", Tier.Premium)).IsNew);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Whoever_gives_up_at_once_leaves_the_charge_of_who_keeps_it(RedisKind kind)
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LedgerAsync(kind)));

        for (var round = 0; round < 40; round++)
        {
            var id = $"round-{round}";
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
            {
                Assert.Null((await AcquireAsync(nodes[i % 5], id, Tier.Enterprise, seconds: 1)).Refusal);
                if (i % 5 == round % 5 && i < 5)
                    await nodes[i % 5].KeepAsync(_user, id);
                else
                    await nodes[i % 5].GiveUpAsync(_user, id, CancellationToken.None);
            }));
        }

        var usage = await nodes[0].GetUsageAsync(_user, Tier.Enterprise, CancellationToken.None);
        Assert.Equal((40, 40), (usage.Windows[0].Used, usage.AudioSeconds.Used));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_refunded_id_is_not_refused_when_the_quota_is_used_up(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "failed-task");
        await ledger.RefundAsync(_user, "failed-task", CancellationToken.None);
        await AcquireAsync(ledger, "a");
        await AcquireAsync(ledger, "b");

        var again = await AcquireAsync(ledger, "failed-task");

        Assert.Null(again.Refusal);
        Assert.False(again.IsNew);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task What_a_deleted_task_cost_stays_counted_and_its_name_pays_again(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "key:1");

        await ledger.DetachAsync(_user, "key:1", CancellationToken.None);
        var again = await AcquireAsync(ledger, "key:1");

        Assert.True(again.IsNew);
        Assert.Equal((20, 2), ((await UsageAsync(ledger)).AudioSeconds.Used, (await UsageAsync(ledger)).Windows[0].Used));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Usage_forgets_what_is_a_day_old_and_says_when_more_becomes_available(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        Assert.Equal(_clock.GetUtcNow(), (await UsageAsync(ledger)).Windows[0].ResetsAt);
        var charged = _clock.GetUtcNow();
        await AcquireAsync(ledger, "a");
        _clock.Advance(TimeSpan.FromMinutes(5));

        var usage = await UsageAsync(ledger);
        _clock.Advance(TimeSpan.FromHours(24));
        var dayLater = await UsageAsync(ledger);

        Assert.Equal([0, 1, 1], usage.Windows.Select(w => w.Used));
        Assert.Equal(charged.AddHours(1), usage.Windows[1].ResetsAt);
        Assert.Equal(charged.AddDays(1), usage.AudioSeconds.ResetsAt);
        Assert.Equal([0, 0, 0], dayLater.Windows.Select(w => w.Used));
        Assert.Equal(0, dayLater.AudioSeconds.Used);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Every_key_expires(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase();
        var ledger = await LedgerAsync(kind);
        await AcquireAsync(ledger, "a");
        await AcquireAsync(ledger, "b");
        await ledger.RefundAsync(_user, "b", CancellationToken.None);

        foreach (var key in new[] { RedisKeys.Charges(_user), RedisKeys.ChargedSeconds(_user), RedisKeys.RefundedCharges(_user), RedisKeys.OpenCharges })
            Assert.InRange(await redis.KeyTimeToLiveAsync(key) ?? TimeSpan.MaxValue, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_charge_is_open_until_it_is_kept_given_back_or_refused(RedisKind kind)
    {
        var ledger = await LedgerAsync(kind);
        foreach (var id in (string[])["kept", "given back", "forgotten"])
            Assert.Null((await AcquireAsync(ledger, id, Tier.Premium)).Refusal);
        Assert.NotNull((await AcquireAsync(ledger, "refused", seconds: 100_000)).Refusal);
        await ledger.KeepAsync(_user, "kept");
        await ledger.ReleaseAsync(_user, "given back", CancellationToken.None);
        Assert.DoesNotContain(await ledger.ListOpenAsync(TimeSpan.FromSeconds(90), CancellationToken.None), c => c.User == _user);

        _clock.Advance(TimeSpan.FromSeconds(91));

        var open = await ledger.ListOpenAsync(TimeSpan.FromSeconds(90), CancellationToken.None);
        Assert.Equal([new OpenCharge(_user, "forgotten")], open.Where(c => c.User == _user));
    }

    private async Task<IQuotaLedger> LedgerAsync(RedisKind kind, bool realTime = false) => new RedisQuotaLedger(
        (await servers.NodeAsync(kind)).GetDatabase(), new RedisClock(realTime ? null : _clock), realTime ? TimeProvider.System : _clock, Options.Create(new QuotaOptions()));

    private Task<QuotaLease> AcquireAsync(IQuotaLedger ledger, string id, Tier tier = Tier.Free, double seconds = 10) =>
        ledger.AcquireAsync(_user, tier, new QuotaCharge(id, seconds), CancellationToken.None);

    private Task<QuotaUsage> UsageAsync(IQuotaLedger ledger) => ledger.GetUsageAsync(_user, Tier.Free, CancellationToken.None);
}
