using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Sessions;

/// <summary>
/// The gate beside the plainest program that decides the same: a list of every request that was let pass. Both get the same
/// requests, under a clock that runs, rests and goes back, and every number of every answer is the same.
/// </summary>
public sealed class RateModelTests(RedisServers servers)
{
    private const int Requests = 700;
    private const int OwnMinute = 7;
    private const int HeadLength = 144;

    private static readonly RateLimits Free = new(minute: 12, hour: 40, day: 90, burst: 3);
    private static readonly RateLimits Lowered = new(minute: 9, hour: 25, day: 95, burst: 2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<RedisKind, uint> Schedules
    {
        get
        {
            var data = new TheoryData<RedisKind, uint>();
            foreach (var kind in Enum.GetValues<RedisKind>())
            {
                for (var seed = 11u; seed <= 14; seed++)
                    data.Add(kind, seed);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Schedules))]
    public async Task Every_answer_is_the_plain_counts_for_an_address_a_session_and_a_personal_token(RedisKind kind, uint seed)
    {
        var redis = await servers.NodeAsync(kind);
        var (clock, draw) = (new TurnedClock(), new Draw(seed));
        var (node, lowered) = (Gate(redis, clock, Free), Gate(redis, clock, Lowered));
        var session = await new SessionNode(redis, clock).OpenAsync(SessionNode.NewUser(), remembered: true);
        var token = await PutTokenAsync(redis, session.User, clock);
        var address = $"test-{Guid.CreateVersion7():N}";
        var (ofAddress, ofUser, ofReads, ofToken) = (PlainWindow.Four(), PlainWindow.Four(), PlainWindow.Four(), PlainWindow.Four()[1]);
        var outcomes = new List<GateOutcome>();

        for (var i = 0; i < Requests; i++)
        {
            clock.Turn(draw);
            var (gate, limits) = draw.Below(4) == 0 ? (lowered, Lowered) : (node, Free);
            var (decision, plain) = draw.Below(8) switch
            {
                < 2 => (await gate.CountAsync(address, isInternal: false, RateBucket.Standard, Ct), Plain(ofAddress, limits)),
                2 => (await gate.CountAsync(new SessionReference(session.User, session.Id), RateBucket.Standard, Ct), Plain(ofUser, limits)),
                3 => (await gate.CheckAsync(session.User, session.Id, "jti", 0, address, RateBucket.Reads, Ct), Plain(ofReads, limits, factor: 10)),
                < 6 => (await gate.CheckAsync(token, address, RateBucket.Standard, Ct), [.. Plain(ofUser, limits), (ofToken, OwnMinute)]),
                _ => (await gate.CheckAsync(session.User, session.Id, "jti", 0, address, RateBucket.Standard, Ct), Plain(ofUser, limits)),
            };

            var (retryAt, windows) = PlainWindow.Ask(plain, clock.Milliseconds);
            Assert.Equal(retryAt is null ? GateOutcome.Allowed : GateOutcome.Limited, decision.Outcome);
            Assert.Equal((retryAt ?? clock.Milliseconds) - clock.Milliseconds, decision.RetryAfter.TotalMilliseconds);
            Assert.Equal(windows, decision.Windows.Select(w => (w.Limit, w.Remaining, w.ResetsAt.ToUnixTimeMilliseconds())));
            outcomes.Add(decision.Outcome);
        }

        Assert.True(outcomes.Distinct().Count() == 2, "Some pass and some don't, or it tells nothing.");
    }

    // Nodes of two versions count in the same strings while one is replaced by the other.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Counts_lie_in_Redis_as_every_version_reads_and_writes_them(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase();
        var (clock, address) = (new TurnedClock(), $"test-{Guid.CreateVersion7():N}");
        var gate = Gate(redis.Multiplexer, clock, Free);
        var (key, now) = (RedisKeys.AddressCounts(address, "standard"), clock.Milliseconds);
        var (burst, minute, hour, day) = (now / 16, now / 1_000, now / 60_000, now / 1_440_000);
        await redis.StringSetRangeAsync(key, 0, Head(
            now - 1, (5, burst - 100, burst - 100, 5, 5, 3, 1), (6, minute - 60, minute - 10, 2, 1, 59, 3), (6, hour, hour, 6, 6, 0, 1), (6, day, day, 6, 6, 0, 1)));
        await redis.StringSetRangeAsync(key, PlaceInMinute(60), Closed(minute - 30, 3));

        var first = await gate.CountAsync(address, isInternal: false, RateBucket.Standard, Ct);
        var head = (byte[])(await redis.StringGetRangeAsync(key, 0, HeadLength - 1))!;
        var closed = (byte[])(await redis.StringGetRangeAsync(key, PlaceInMinute(0), PlaceInMinute(1) - 1))!;
        clock.Advance(1_000);
        var second = await gate.CountAsync(address, isInternal: false, RateBucket.Standard, Ct);

        Assert.Equal([2, 5, 33, 83], first.Windows.Select(w => w.Remaining));
        Assert.Equal(minute + 1, first.Windows[1].ResetsAt.ToUnixTimeSeconds());
        Assert.Equal(
            Head(now - 1, (1, burst, burst, 1, 1, 0, 1), (7, minute - 60, minute, 2, 1, 59, 4), (7, hour, hour, 7, 7, 0, 1), (7, day, day, 7, 7, 0, 1)), head);
        Assert.Equal(Closed(minute - 10, 1), closed);
        Assert.Equal([1, 6, 32, 82], second.Windows.Select(w => w.Remaining)); // the burst's step of a second ago hasn't left for whole
        Assert.Equal(minute - 30 + 61, second.Windows[1].ResetsAt.ToUnixTimeSeconds());
    }

    private static int PlaceInMinute(int slot) => HeadLength + ((64 + slot) * 12);

    private static byte[] Head(
        long kept, params (double Total, double First, double Last, uint FirstCount, uint LastCount, byte Slot, byte Size)[] windows)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var w in windows)
        {
            foreach (var number in new[] { w.Total, w.First, w.Last })
                writer.Write(number);
            writer.Write(w.FirstCount);
            writer.Write(w.LastCount);
            writer.Write(w.Slot);
            writer.Write(w.Size);
        }

        writer.Write((double)kept);
        return bytes.ToArray();
    }

    private static byte[] Closed(double step, int count) => [.. BitConverter.GetBytes(step), .. BitConverter.GetBytes(count)];

    private static IRequestGate Gate(IConnectionMultiplexer redis, TimeProvider clock, RateLimits free) =>
        new GateNode(redis, clock, new RateLimitOptions { Free = free }, tokens: new NotedNowhere()).Gate;

    private static async Task<PersonalTokenValue> PutTokenAsync(IConnectionMultiplexer redis, UserId user, TurnedClock clock)
    {
        var token = PersonalTokenValue.New(user);
        HashEntry[] row = [new("scopes", 1), new("expires", clock.GetUtcNow().AddYears(1).ToUnixTimeMilliseconds()), new("minute", OwnMinute)];
        await redis.GetDatabase().HashSetAsync(RedisKeys.PersonalToken(user, token.Hash), row);
        return token;
    }

    private static (PlainWindow Window, long Limit)[] Plain(PlainWindow[] windows, RateLimits limits, int factor = 1) =>
        [.. windows.Zip([limits.Burst * factor, limits.Minute * factor, limits.Hour * factor, limits.Day * factor])];

    /// <summary>One window of one caller. A request counts with its whole step: as long as any of it lies within the window.</summary>
    private sealed class PlainWindow(long step, int steps)
    {
        private readonly List<long> _passed = []; // each by its step

        public static PlainWindow[] Four() => [new(16, 64), new(1_000, 61), new(60_000, 61), new(1_440_000, 61)];

        public static (long? RetryAt, IEnumerable<(long Limit, long Remaining, long ResetsAt)> Windows) Ask(
            (PlainWindow Window, long Limit)[] windows, long now)
        {
            var full = windows.Where(w => w.Window.Inside(now).Count >= w.Limit).ToList();
            foreach (var (window, _) in windows.Where(_ => full.Count == 0))
                window.Enter(now);

            // Of two minutes, the user's and the token's own, the answer shows the one that leaves less.
            var told = windows.Select(w => w.Window.Tell(now, w.Limit)).ToList();
            if (told.Count == 5 && told[4].Remaining < told[1].Remaining)
                told[1] = told[4];
            return (full.Count == 0 ? null : full.Max(w => w.Window.Tell(now, w.Limit).ResetsAt), told.Take(4));
        }

        private (long Limit, long Remaining, long ResetsAt) Tell(long now, long limit)
        {
            var inside = Inside(now);
            var leaves = Math.Max(0, inside.Count - (int)limit); // the one whose leaving makes room
            return (limit, Math.Max(0, limit - inside.Count), inside.Count == 0 ? now : (inside[leaves] + steps) * step);
        }

        private void Enter(long now)
        {
            var inside = Inside(now);
            inside.Add(StepAt(now));
            _passed.Clear();
            _passed.AddRange(inside);
        }

        private List<long> Inside(long now) =>
            [.. _passed.Where(s => _passed[^1] < StepAt(now) + steps && s > StepAt(now) - steps)]; // what a wrong clock left from a far future is nothing

        // A clock that went back a little counts on in the latest step.
        private long StepAt(long now) =>
            _passed.Count > 0 && _passed[^1] > now / step && _passed[^1] < (now / step) + steps ? _passed[^1] : now / step;
    }

    /// <summary>Runs, rests, and now and then goes back: a moment, or days.</summary>
    private sealed class TurnedClock : TimeProvider
    {
        public long Milliseconds { get; private set; } = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

        public void Turn(Draw draw) => Milliseconds += draw.Below(40) switch
        {
            0 => -draw.Below(3_000),
            1 => -draw.Below(100_000),
            2 => -draw.Below(draw.Below(8) == 0 ? 2 * 86_400_000 : 4_000_000),
            _ => (long)draw.Pause(),
        };

        public void Advance(long milliseconds) => Milliseconds += milliseconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);
    }

    private sealed class NotedNowhere : IPersonalTokenLoader
    {
        public Task<bool> LoadAsync(UserId user, string hash, CancellationToken ct) => Task.FromResult(false);

        public void NoteUse(string hash)
        {
        }
    }
}
