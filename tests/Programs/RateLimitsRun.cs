using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// What <c>N per T</c> promises, on three nodes that share a Redis: a crowd never gets more than N in any T, Retry-After is the
/// second at which a request passes, and a steady client at 95 % of N is never refused. Seconds to days by the scripts' clock.
/// </summary>
internal static class RateLimitsRun
{
    private const int Nodes = 3;
    private const long NoLimit = 1_000_000_000;
    private const int Together = 100;
    private const double Share = 0.95;

    public static Command Command()
    {
        var redis = new Option<string>("--redis") { DefaultValueFactory = _ => "redis-server", Description = "garnet or redis-server." };
        redis.AcceptOnlyFromAmong("garnet", "redis-server");
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 64, Description = "Of the crowd, all at once." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 1000, Description = "Times that the crowd comes, for each window." };
        var refusals = new Option<int>("--refusals") { DefaultValueFactory = _ => 200, Description = "That are tried again at their Retry-After, for each window." };
        var day = new Option<double>("--day") { DefaultValueFactory = _ => 86_400, Description = "Seconds that the steady client keeps on, after a window's length." };
        var small = new Option<bool>("--small") { Description = "Smaller numbers for the hour and the day, for a quick run." };
        var http = new Option<int>("--http") { DefaultValueFactory = _ => 130, Description = "Seconds that the crowd comes to three servers over HTTP by their own clocks; 0 leaves that out." };
        var command = new Command("rate-limits", "Never more than N in any T over three nodes, Retry-After to the second, a steady client never refused.")
        {
            redis, clients, rounds, refusals, day, small, http,
        };
        command.SetAction(async r =>
        {
            var plan = new Plan(r.GetValue(clients), r.GetValue(rounds), r.GetValue(refusals), TimeSpan.FromSeconds(r.GetValue(day)));
            var numbers = r.GetValue(small) ? new RateLimits(30, 100, 300, 5) : new RateLimitOptions().Free;
            var byClock = await RunAsync(r.GetValue(redis)!, numbers, plan);
            var byHttp = r.GetValue(http) == 0 || await CrowdOverHttp.RunAsync(plan.Clients, TimeSpan.FromSeconds(r.GetValue(http)));
            return byClock && byHttp ? 0 : 1;
        });
        return command;
    }

    /// <summary>Each window alone: shorter ones with the same number never bind before it. The last is all together, as everybody has them.</summary>
    private static (string Name, TimeSpan Length, RateLimits Limits)[] Windows(RateLimits free) =>
    [
        ("burst", TimeSpan.FromSeconds(1), new RateLimits(NoLimit, NoLimit, NoLimit, free.Burst)),
        ("minute", TimeSpan.FromMinutes(1), new RateLimits(free.Minute, NoLimit, NoLimit, free.Minute)),
        ("hour", TimeSpan.FromHours(1), new RateLimits(free.Hour, free.Hour, NoLimit, free.Hour)),
        ("day", TimeSpan.FromDays(1), new RateLimits(free.Day, free.Day, free.Day, free.Day)),
        ("all", TimeSpan.FromDays(1), free),
    ];

    private static async Task<bool> RunAsync(string kind, RateLimits free, Plan plan)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-limits-").FullName;
        try
        {
            await using var embedded = kind == "garnet" ? await EmbeddedRedis.StartAsync(Path.Combine(folder, "redis"), NullLoggerFactory.Instance, default) : null;
            await using var server = kind == "garnet" ? null : await RedisProcess.StartAloneAsync();
            Say($"{kind}, {Nodes} nodes, {plan.Clients} clients at once");
            var holds = true;
            foreach (var window in Windows(free))
            {
                var clock = new HandClock();
                var nodes = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(n => NodeAsync(embedded?.ConnectionString ?? server!.Url, Path.Combine(folder, $"{n}"), clock, window.Limits)));
                var gates = nodes.Select(n => n.Gate).ToArray();
                foreach (var gate in gates)
                    await AskAsync(gate, NewAddress()); // an embedded server compiles the script for each connection: not while a crowd waits
                holds &= await CrowdAsync(window.Name, window.Limits, gates, clock, plan);
                holds &= await RetryAsync(window.Name, window.Length, gates, clock, plan);
                holds &= await SteadyAsync(window.Name, window.Length, window.Limits, gates, clock, plan);
                foreach (var node in nodes)
                    await node.DisposeAsync();
            }

            return holds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<ServiceNode> NodeAsync(string redis, string folder, HandClock clock, RateLimits limits)
    {
        Directory.CreateDirectory(folder);
        return ServiceNode.StartAsync(redis, folder, RandomNumberGenerator.GetHexString(64), services =>
        {
            services.AddSingleton(new RedisClock(clock));
            services.PostConfigure<RateLimitOptions>(options => options.Free = limits);
        });
    }

    // All come at one moment, to whichever node. Then the clock moves on, hardly or so far that they ask for four times what a window
    // allows, and now and then by more than the window.
    private static async Task<bool> CrowdAsync(string name, RateLimits limits, IRequestGate[] gates, HandClock clock, Plan plan)
    {
        var (address, random, accepted, sent) = (NewAddress(), new Random(1), new List<DateTimeOffset>(), 0L);
        var (start, bounds) = (clock.GetUtcNow(), Bounds(limits).ToArray());
        for (var round = 0; round < plan.Rounds; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, plan.Clients).Select(i => AskAsync(gates[i % Nodes], address)));
            sent += answers.Length;
            accepted.AddRange(Enumerable.Repeat(clock.GetUtcNow(), answers.Count(a => a.Outcome == GateOutcome.Allowed)));
            var pace = bounds[random.Next(bounds.Length)];
            clock.Advance(Whole(random.Next(100) switch
            {
                0 => pace.Length * (1 + random.NextDouble()),
                < 30 => pace.Length * random.NextDouble() / 1000,
                _ => pace.Length * Math.Min(1, (double)plan.Clients / pace.Limit) * random.NextDouble() / 2,
            }));
        }

        var worst = bounds.Select(w => (w.Name, w.Limit, Most: Most(accepted, w.Length))).ToArray();
        var holds = Array.TrueForAll(worst, w => w.Most <= w.Limit) && accepted.Count > 0 && accepted.Count < sent;
        Say($"  {name,-6} crowd:  {sent:N0} sent in {(clock.GetUtcNow() - start).TotalHours:0.0} h by the clock, {accepted.Count:N0} accepted; most in any {string.Join(", ", worst.Select(w => $"{w.Name} {w.Most} of {w.Limit}"))}{Mark(holds)}");
        return holds;
    }

    // The wire's Retry-After is whole seconds, rounded up: at that second it passes, a second before it doesn't.
    private static async Task<bool> RetryAsync(string name, TimeSpan length, IRequestGate[] gates, HandClock clock, Plan plan)
    {
        var (address, random, refusals, early, late) = (NewAddress(), new Random(2), 0, 0, 0);
        while (refusals < plan.Refusals)
        {
            var decisions = await Task.WhenAll(Enumerable.Range(0, plan.Clients).Select(_ => AskAsync(gates[random.Next(Nodes)], address)));
            if (Array.Find(decisions, d => d.Outcome == GateOutcome.Limited) is not { } decision)
            {
                if (random.Next(4) == 0)
                    clock.Advance(Whole(length * random.NextDouble() / 1000));
                continue;
            }

            refusals++;
            var wait = TimeSpan.FromSeconds(WebApi.Http.Problems.WholeSeconds(decision.RetryAfter));
            clock.Advance(wait - TimeSpan.FromSeconds(1));
            if ((await AskAsync(gates[random.Next(Nodes)], address)).Outcome == GateOutcome.Allowed)
                early++;
            clock.Advance(TimeSpan.FromSeconds(1));
            if ((await AskAsync(gates[random.Next(Nodes)], address)).Outcome != GateOutcome.Allowed)
                late++;
        }

        Say($"  {name,-6} retry:  {refusals:N0} refusals; passed a second before Retry-After {early}, refused at it {late}{Mark(early + late == 0)}");
        return early + late == 0;
    }

    private static async Task<bool> SteadyAsync(string name, TimeSpan length, RateLimits limits, IRequestGate[] gates, HandClock clock, Plan plan)
    {
        // The window that allows least in the long run is the one that binds.
        var tightest = Bounds(limits).MinBy(w => w.Limit / w.Length.TotalSeconds);
        var spacing = tightest.Length / (tightest.Limit * Share);
        var (address, start, refused, sent) = (NewAddress(), clock.GetUtcNow(), 0, 0);
        while (spacing * sent < plan.Day + length)
        {
            // One node's connection keeps their order, and each takes its moment with it: a hundred travel together.
            var batch = new List<Task<GateDecision>>();
            var gate = gates[sent / Together % Nodes];
            for (; batch.Count < Together && spacing * sent < plan.Day + length; sent++)
            {
                clock.Set(start + (spacing * sent));
                batch.Add(AskAsync(gate, address));
            }

            refused += (await Task.WhenAll(batch)).Count(d => d.Outcome != GateOutcome.Allowed);
        }

        Say($"  {name,-6} steady: {sent:N0} requests, one every {spacing.TotalSeconds:0.000} s ({Share:0 %} of {tightest.Limit} a {tightest.Name}) for {(plan.Day + length).TotalSeconds:N0} s; refused {refused}{Mark(refused == 0)}");
        return refused == 0;
    }

    private static IEnumerable<(string Name, TimeSpan Length, long Limit)> Bounds(RateLimits limits) => new[]
    {
        ("second", TimeSpan.FromSeconds(1), limits.Burst), ("minute", TimeSpan.FromMinutes(1), limits.Minute),
        ("hour", TimeSpan.FromHours(1), limits.Hour), ("day", TimeSpan.FromDays(1), limits.Day),
    }.Where(w => w.Item3 < NoLimit);

    /// <summary>The most that any window of that length holds: it is enough to look at those that begin with one of them.</summary>
    private static int Most(List<DateTimeOffset> times, TimeSpan length)
    {
        var (most, end) = (0, 0);
        for (var first = 0; first < times.Count; first++)
        {
            while (end < times.Count && times[end] < times[first] + length)
                end++;
            most = Math.Max(most, end - first);
        }

        return most;
    }

    // The scripts count in milliseconds, and so does the check.
    private static TimeSpan Whole(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

    private static Task<GateDecision> AskAsync(IRequestGate gate, string address) =>
        gate.CountAsync(address, isInternal: false, RateBucket.Standard, CancellationToken.None);

    private static string NewAddress() => $"limits-{Guid.CreateVersion7():N}";

    private static string Mark(bool holds) => holds ? string.Empty : "  BROKEN";

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed record Plan(int Clients, int Rounds, int Refusals, TimeSpan Day);
}
