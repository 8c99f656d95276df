using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Sessions;

/// <summary>
/// The promise: never more than N accepted in any T, an even client under 95 % of N is never refused, and Retry-After is
/// the first moment at which a request passes. Checked over simulated time against the list of accepted requests.
/// </summary>
public sealed class RateWindowTests(RedisServers servers)
{
    private static readonly RateLimitOptions Small = new() { Free = new RateLimits(minute: 12, hour: 40, day: 90, burst: 3) };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<RedisKind, uint> Schedules
    {
        get
        {
            var data = new TheoryData<RedisKind, uint>();
            foreach (var kind in Enum.GetValues<RedisKind>())
            {
                for (var seed = 1u; seed <= 6; seed++)
                    data.Add(kind, seed);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Schedules))]
    public async Task Whatever_the_schedule_no_window_ever_holds_more_than_its_number(RedisKind kind, uint seed)
    {
        var gate = new GateNode(await servers.NodeAsync(kind), _clock, Small).Gate;
        var draw = new Draw(seed);
        var address = Address();
        var accepted = new List<long>();

        for (var i = 0; i < 1500; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(draw.Pause()));
            var now = Milliseconds();
            var decision = await CountAsync(gate, address);
            if (decision.Outcome == GateOutcome.Allowed)
                accepted.Add(now);

            foreach (var window in decision.Windows)
            {
                var length = (long)window.Length.TotalMilliseconds;
                var inside = accepted.Count(t => t > now - length);
                var strict = accepted.Count(t => t > now - length - Math.Max(16, length / 60) - 8);
                Assert.InRange(inside, 0, window.Limit);
                Assert.InRange(window.Remaining, Math.Max(0, window.Limit - strict), window.Limit - inside);
                Assert.True(window.ResetsAt > _clock.GetUtcNow() || window.Remaining == window.Limit);
            }

            if (decision.Outcome == GateOutcome.Limited)
            {
                Assert.Contains(decision.Windows, w => w.Remaining == 0);
                Assert.Equal(
                    decision.Windows.Where(w => w.Remaining == 0).Max(w => w.ResetsAt) - _clock.GetUtcNow(), decision.RetryAfter);
            }
        }

        Assert.NotEmpty(accepted);
        Assert.True(accepted.Count < 1500);
    }

    [Theory, MemberData(nameof(Schedules))]
    public async Task Retry_After_is_the_very_first_millisecond_at_which_a_request_passes(RedisKind kind, uint seed)
    {
        var gate = new GateNode(await servers.NodeAsync(kind), _clock, Small).Gate;
        var draw = new Draw(seed);
        var address = Address();
        var refusals = 0;

        while (refusals < 120)
        {
            var decision = await CountAsync(gate, address);
            if (decision.Outcome == GateOutcome.Allowed)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(draw.Below(3) == 0 ? draw.Pause() : draw.Below(200)));
                continue;
            }

            refusals++;
            Assert.True(decision.RetryAfter > TimeSpan.Zero);
            _clock.Advance(decision.RetryAfter - TimeSpan.FromMilliseconds(1));
            var early = await CountAsync(gate, address);
            Assert.Equal((GateOutcome.Limited, TimeSpan.FromMilliseconds(1)), (early.Outcome, early.RetryAfter));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(GateOutcome.Allowed, (await CountAsync(gate, address)).Outcome);
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_even_client_under_95_percent_is_never_refused_on_any_window(RedisKind kind)
    {
        var gate = new GateNode(await servers.NodeAsync(kind), _clock, new RateLimitOptions()).Gate;

        // Each paces itself by the window that binds it: a day and two hours at 5,000 a day, hours at 500, minutes at 30, seconds at 5.
        await SteadyAsync(gate, perWindow: 5000 * 0.95, TimeSpan.FromDays(1), TimeSpan.FromHours(26));
        await SteadyAsync(gate, perWindow: 500 * 0.95, TimeSpan.FromHours(1), TimeSpan.FromHours(3));
        await SteadyAsync(gate, perWindow: 30 * 0.95, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));
        await SteadyAsync(gate, perWindow: 5 * 0.95, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Concurrent_requests_over_two_nodes_never_pass_more_than_the_burst(RedisKind kind)
    {
        var one = new GateNode(await servers.NodeAsync(kind), _clock).Gate;
        var two = new GateNode(await servers.NodeAsync(kind), _clock).Gate;
        for (var round = 0; round < 10; round++)
        {
            var address = Address();

            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => CountAsync(i % 2 == 0 ? one : two, address)));

            Assert.Equal(5, answers.Count(a => a.Outcome == GateOutcome.Allowed));
            Assert.All(answers.Where(a => a.Outcome == GateOutcome.Limited), a => Assert.InRange(a.RetryAfter.TotalMilliseconds, 1000, 1024));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task What_was_refused_is_not_counted(RedisKind kind)
    {
        var gate = new GateNode(await servers.NodeAsync(kind), _clock).Gate;
        var address = Address();
        for (var i = 0; i < 5; i++)
            await CountAsync(gate, address);

        for (var i = 0; i < 50; i++)
            Assert.Equal(GateOutcome.Limited, (await CountAsync(gate, address)).Outcome);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(24, (await CountAsync(gate, address)).Windows.Single(w => w.Name == "minute").Remaining);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Reads_refreshes_and_internal_callers_count_in_rings_of_their_own(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var sessions = new SessionNode(redis, _clock);
        var gate = new GateNode(redis, _clock);
        var user = SessionNode.NewUser();
        user.ChangeTier(Tier.Premium);
        var open = await sessions.OpenAsync(user);

        var standard = await gate.CheckAsync(open);
        var reads = await gate.CheckAsync(open, bucket: RateBucket.Reads);
        var refresh = await gate.Gate.CountAsync(new SessionReference(user.Id, open.Id), RateBucket.Reads, CancellationToken.None);
        var address = Address();
        var anonymous = await gate.Gate.CountAsync(address, isInternal: false, RateBucket.Standard, CancellationToken.None);
        var monitor = await gate.Gate.CountAsync(address, isInternal: true, RateBucket.Standard, CancellationToken.None);

        Assert.Equal([(10, 9), (60, 59), (2000, 1999), (20000, 19999)], Numbers(standard));
        Assert.Equal([(100, 99), (600, 599), (20000, 19999), (200000, 199999)], Numbers(reads));
        Assert.Equal([(100, 98), (600, 598), (20000, 19998), (200000, 199998)], Numbers(refresh));
        Assert.Equal([(5, 4), (30, 29), (500, 499), (5000, 4999)], Numbers(anonymous));
        Assert.Equal([(100, 99), (1000, 999), (50000, 49999), (1000000, 999999)], Numbers(monitor));
        Assert.Equal(["premium", "premium", "premium", "free", "internal"], new[] { standard, reads, refresh, anonymous, monitor }.Select(d => d.TierName));
        Assert.Equal(["burst", "minute", "hour", "day"], standard.Windows.Select(w => w.Name));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_lowered_limit_says_when_enough_has_left(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var address = Address();
        var before = new GateNode(redis, _clock, new RateLimitOptions { Free = new RateLimits(20, 20, 20, 20) }).Gate;
        for (var i = 0; i < 10; i++)
        {
            await CountAsync(before, address);
            _clock.Advance(TimeSpan.FromSeconds(2));
        }

        var after = new GateNode(redis, _clock, new RateLimitOptions { Free = new RateLimits(4, 100, 100, 4) }).Gate;
        var refused = await CountAsync(after, address);

        // Seven of ten have to leave; the seventh came 12 s after the first, 8 s ago.
        Assert.Equal((GateOutcome.Limited, TimeSpan.FromSeconds(53)), (refused.Outcome, refused.RetryAfter));
        _clock.Advance(refused.RetryAfter);
        Assert.Equal(GateOutcome.Allowed, (await CountAsync(after, address)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_clock_that_steps_back_neither_frees_nor_locks_out(RedisKind kind)
    {
        var address = Address();
        var redis = await servers.NodeAsync(kind);
        var gate = new GateNode(redis, _clock).Gate;
        for (var i = 0; i < 5; i++)
            await CountAsync(gate, address);

        var earlier = new GateNode(redis, new FakeTimeProvider(_clock.GetUtcNow().AddMilliseconds(-500))).Gate;
        Assert.Equal(GateOutcome.Limited, (await CountAsync(earlier, address)).Outcome);
        var wrong = new GateNode(redis, new FakeTimeProvider(_clock.GetUtcNow().AddYears(5))).Gate;
        Assert.Equal(GateOutcome.Allowed, (await CountAsync(wrong, address)).Outcome);
        Assert.Equal(GateOutcome.Allowed, (await CountAsync(gate, address)).Outcome);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Stricter_limits_hold_each_for_its_own_subject(RedisKind kind)
    {
        var gate = new GateNode(await servers.NodeAsync(kind), _clock).Gate;
        var subject = Address();
        foreach (var (limit, number, wait) in new[]
        {
            (StrictLimit.Register, 10, TimeSpan.FromSeconds(61)), (StrictLimit.Recovery, 10, TimeSpan.FromSeconds(61)),
            (StrictLimit.Refresh, 60, TimeSpan.FromSeconds(61)), (StrictLimit.Mail, 5, TimeSpan.FromMinutes(61)),
        })
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, number + 20).Select(_ => gate.CountStrictAsync(limit, subject, CancellationToken.None)));

            Assert.Equal(number, answers.Count(a => a is null));
            Assert.All(answers.OfType<TimeSpan>(), retry => Assert.Equal(wait, retry));
            Assert.Null(await gate.CountStrictAsync(limit, Address(), CancellationToken.None));
        }
    }

    private static string Address() => $"test-{Guid.CreateVersion7():N}";

    private static (long Limit, long Remaining)[] Numbers(GateDecision decision) => [.. decision.Windows.Select(w => (w.Limit, w.Remaining))];

    private static Task<GateDecision> CountAsync(IRequestGate gate, string address) =>
        gate.CountAsync(address, isInternal: false, RateBucket.Standard, CancellationToken.None);

    private async Task SteadyAsync(IRequestGate gate, double perWindow, TimeSpan window, TimeSpan total)
    {
        var address = Address();
        var start = _clock.GetUtcNow();
        var spacing = window / perWindow;
        for (var i = 1; spacing * i < total; i++)
        {
            var decision = await CountAsync(gate, address);
            Assert.True(decision.Outcome == GateOutcome.Allowed, $"Request {i} of an even client at {spacing} was refused.");
            _clock.Advance(start + (spacing * i) - _clock.GetUtcNow());
        }
    }

    private long Milliseconds() => _clock.GetUtcNow().ToUnixTimeMilliseconds();
}
