using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Application.Identity.CreateUser;
using MusicGen.Application.Identity.Login;
using MusicGen.Application.Identity.Refresh;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Programs;

/// <summary>
/// What the trail costs: the same commands through the product's pipeline with its trail, and with one that forgets, by
/// turns. Without HTTP around them, so the share is larger here than a client sees.
/// </summary>
internal static class AuditCostRun
{
    private const string Password = "violet teapot orbits slowly";

    public static Command Command()
    {
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5, Description = "How long each turn lasts." };
        var turns = new Option<int>("--turns") { DefaultValueFactory = _ => 6, Description = "Turns of each." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 16, Description = "Commands under way at once." };
        var command = new Command("audit-cost", "Login, generate and refresh with and without the audit trail.") { seconds, turns, clients };
        command.SetAction(r => RunAsync(TimeSpan.FromSeconds(r.GetValue(seconds)), r.GetValue(turns), r.GetValue(clients)));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan length, int turns, int clients)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-audit-").FullName;
        try
        {
            await using var redis = await EmbeddedRedis.StartAsync(Path.Combine(folder, "redis"), NullLoggerFactory.Instance, default);
            var secret = RandomNumberGenerator.GetHexString(64);
            var caller = new Caller();
            await using var with = await ServiceNode.StartAsync(redis.ConnectionString, folder, secret, services => services.AddScoped<ICurrentUser>(_ => caller));
            await using var without = await ServiceNode.StartAsync(redis.ConnectionString, folder, secret, services =>
                services.AddScoped<ICurrentUser>(_ => caller).AddSingleton<IAuditTrail, NoTrail>());

            var ann = await with.SendAsync(new CreateUserCommand("ann@example.org", "ann", Password, "user", "enterprise"));
            caller.Id = UserId.TryParse(ann.Id, out var id) ? id : null;
            await CompareAsync("login", with, without, turns, length, clients, LoginAsync);
            await CompareAsync("a song of 10 s, asked for and made", with, without, turns, length, clients: Environment.ProcessorCount, SongAsync);
            using var grouped = new Grouping();
            await CompareAsync("refresh", with, without, turns, length, clients, RefreshAsync);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"entries to a commit while refreshing: {grouped.EntriesToACommit:0.0}"));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CompareAsync(
        string what, ServiceNode with, ServiceNode without, int turns, TimeSpan length, int clients, Func<ServiceNode, int, Task<Func<Task>>> prepare)
    {
        var (audited, bare) = (new List<double>(), new List<double>());
        for (var turn = 0; turn <= turns; turn++)
        {
            // By turns, each first as often as second; the very first pair warms up.
            var first = turn % 2 == 0 ? (Node: with, Into: audited) : (Node: without, Into: bare);
            var second = turn % 2 == 0 ? (Node: without, Into: bare) : (Node: with, Into: audited);
            foreach (var (node, into) in new[] { first, second })
            {
                var rate = await RateAsync(node, clients, length, prepare);
                if (turn > 0)
                    into.Add(rate);
            }
        }

        var (a, b) = (Median(audited), Median(bare));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-35} {a,7:0.0} a second with the trail, {b,7:0.0} without: {100 * a / b:0.0} %, {1_000_000 * ((1 / a) - (1 / b)):0} µs more each"));
    }

    private static async Task<double> RateAsync(ServiceNode node, int clients, TimeSpan length, Func<ServiceNode, int, Task<Func<Task>>> prepare)
    {
        var acts = await Task.WhenAll(Enumerable.Range(0, clients).Select(i => prepare(node, i)));
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(acts.Select(async act =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(start) < length; count++)
                await act();
            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Task<Func<Task>> LoginAsync(ServiceNode node, int client) =>
        Task.FromResult<Func<Task>>(() => node.SendAsync(new LoginCommand("ann@example.org", Password, RememberMe: false)));

    private static async Task<Func<Task>> RefreshAsync(ServiceNode node, int client)
    {
        var token = (await node.SendAsync(new LoginCommand("ann@example.org", Password, RememberMe: false))).SignedIn!.Session.RefreshToken;
        return async () => token = (await node.SendAsync(new RefreshCommand(token))).Session.RefreshToken;
    }

    private static Task<Func<Task>> SongAsync(ServiceNode node, int client) => Task.FromResult<Func<Task>>(async () =>
    {
        var task = await node.SendAsync(new GenerateMusicCommand { Prompt = "calm piano", Duration = 10, Seed = client });
        await node.SendAsync(new RunGenerationCommand(GenerationId.TryParse(task.TaskId, out var id) ? id : default));
    });

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>How many entries a commit of the trail holds, by its own counters.</summary>
    private sealed class Grouping : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _entries;
        private long _commits;

        public Grouping()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == AuditLines.Meter)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
                Interlocked.Add(ref instrument.Name == "musicgen.audit.entries" ? ref _entries : ref _commits, value));
            _listener.Start();
        }

        public double EntriesToACommit => (double)_entries / _commits;

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Caller : ICurrentUser
    {
        public UserId? Id { get; set; }

        public Role Role => Role.User;

        public Tier Tier => Tier.Enterprise;

        public SessionId? Session => null;

        public DateTimeOffset? SteppedUpAt => null;

        public AccessTokenIdentity? AccessToken => null;

        public string Actor => Id?.ToString() ?? "anonymous";

        public string? Address => null;

        public string? UserAgent => null;

        public string? DeviceCookie => null;

        public string? TraceId => null;
    }

    private sealed class NoTrail : IAuditTrail
    {
        public Task AppendAsync(AuditRecord record, CancellationToken ct) => Task.CompletedTask;

        public string HashEmail(string email) => string.Empty;

        public Task<AuditVerification> VerifyAsync(CancellationToken ct) => throw new NotSupportedException();

        public Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

        public Task<long?> AdoptAsync(CancellationToken ct) => throw new NotSupportedException();
    }
}
