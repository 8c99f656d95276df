using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>
/// The product's services as it wires them, over a Redis that notes what is asked; and, in one walk, everything that any of
/// them asks Redis.
/// </summary>
internal sealed class EveryRedisCall : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-calls-").FullName;
    private readonly ServiceProvider _services;
    private readonly User _user = SessionNode.NewUser();
    private readonly Dictionary<string, string> _scripts = new(StringComparer.Ordinal); // their names, by source and by hash

    /// <param name="url">REDIS_URL.</param>
    /// <param name="caFile">REDIS_CA_FILE.</param>
    public EveryRedisCall(string url, string? caFile = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Redis:ConnectionString"] = url,
            ["Redis:CaFile"] = caFile,
            ["Redis:PatienceMilliseconds"] = "3000",
            ["Database:Provider"] = "sqlite",
            ["Database:ConnectionString"] = $"Data Source={Path.Combine(_folder, "musicgen.db")}",
            ["Data:Folder"] = _folder,
            ["Audio:Path"] = Path.Combine(_folder, "audio"),
            ["Jwt:SecretKey"] = new string('k', 64),
            ["Accounts:EmailVerification"] = "off",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration).AddLogging().AddApplication().AddInfrastructure(configuration);
        services.AddScoped<ICurrentUser>(_ => new Caller());
        services.AddSingleton(provider =>
        {
            (var database, Calls) = RecordedDatabase.Around(provider.GetRequiredService<IConnectionMultiplexer>().GetDatabase());
            return database;
        });
        _services = services.BuildServiceProvider();
    }

    /// <summary>What was asked so far.</summary>
    public ConcurrentQueue<RedisCall> Calls { get; private set; } = [];

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task WalkAsync(CancellationToken ct)
    {
        await Get<DatabaseInitializer>().MigrateAsync(ct);
        await using var scope = _services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        db.Users.Add(_user);
        await db.SaveChangesAsync(ct);

        await ThrottlesAsync(scope.ServiceProvider, ct);
        await SessionsAsync(ct);
        await QuotasAsync(ct);
        await GenerationsAsync(ct);
        await Get<INodeRegistry>().ReadAsync(ct);
        await SoundAsync(ct);
        await NameScriptsAsync();
        await _services.GetServices<IAuditWitness>().OfType<RedisAuditWitness>().Single().TryReplaceAsync(-1, new AuditHead(1, "hash", 0, DateTimeOffset.UtcNow, "signature"));
        await Get<RedisTraces>().ReadAsync(_user.Id, 0, new HashSet<string>(), sessions: true);
        await scope.ServiceProvider.GetRequiredService<IAccountTraces>().EraseAsync(_user.Id, ct);
    }

    /// <summary>No script is left out, and what a call takes lies on one slot.</summary>
    public void MustBeWhole()
    {
        Assert.NotEmpty(_scripts);
        Assert.Equal(
            _scripts.Values.Distinct().Order(StringComparer.Ordinal), Calls.Where(c => c.Script is not null).Select(c => _scripts[c.Script!]).Distinct().Order(StringComparer.Ordinal));
        Assert.All(Calls, c => Assert.True(
            c.Keys.Select(k => ClusterSlot.Of(k.ToString())).Distinct().Count() == 1, $"{c.Name} takes keys of several slots: {string.Join(", ", c.Keys)}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ThrottlesAsync(IServiceProvider services, CancellationToken ct)
    {
        await (await services.GetRequiredService<ISignInThrottle>().BeginAsync(_user.Email, ct)).SucceededAsync(_user.Id, ct);
        await (await services.GetRequiredService<IFactorThrottle>().BeginAsync(_user.Id, ct)).SucceededAsync(ct);
        var challenges = services.GetRequiredService<IChallenges>();
        await challenges.TakeAsync<string>(default, await challenges.OpenAsync(default(ChallengeKind), "content", ct), ct);
    }

    private async Task SessionsAsync(CancellationToken ct)
    {
        var (store, gate, blacklist) = (Get<ISessionStore>(), Get<IRequestGate>(), Get<ITokenBlacklist>());
        var origin = new SessionOrigin("203.0.113.7", "Firefox");
        var (closed, kept) = (await store.OpenAsync(_user, origin, false, ct), await store.OpenAsync(_user, origin, true, ct));
        await store.StepUpAsync(_user.Id, kept.Id, SessionProof.OneFactor, ct);
        await store.RotateAsync(kept.RefreshToken, ct);
        await store.ListAsync(_user.Id, ct);
        await store.IsAliveAsync(_user.Id, kept.Id, ct);
        await gate.CheckAsync(_user.Id, kept.Id, "jti", 0, "203.0.113.7", RateBucket.Standard, ct);
        await gate.CheckAsync(PersonalTokenValue.New(_user.Id), "203.0.113.7", RateBucket.Reads, ct);
        await gate.CountAsync(new SessionReference(_user.Id, kept.Id), RateBucket.Standard, ct);
        await gate.CountAsync("203.0.113.7", isInternal: false, RateBucket.Standard, ct);
        await gate.CountStrictAsync(StrictLimit.Refresh, _user.Id.ToString(), ct);
        await store.RefreshAccountAsync(_user, ct);
        await store.CloseAsync(_user.Id, closed.Id, ct);
        await blacklist.AddAsync(_user.Id, "jti", DateTimeOffset.UtcNow.AddMinutes(5), ct);
        await store.CloseAllAsync(_user.Id, kept.Id, ct);
        Get<RedisGeneration>().Begin(); // all of that is replayed
        await blacklist.ContainsAsync(_user.Id, "jti", ct);
    }

    private async Task QuotasAsync(CancellationToken ct)
    {
        var ledger = Get<IQuotaLedger>();
        await ledger.AcquireAsync(_user.Id, Tier.Free, new QuotaCharge("charge", 1), ct);
        await ledger.SettleAsync(_user.Id, "charge", 0.5, ct);
        await ledger.DetachAsync(_user.Id, "charge", ct);
        await ledger.ReleaseAsync(_user.Id, "charge", ct);
        await ledger.GetUsageAsync(_user.Id, Tier.Free, ct);
    }

    private async Task GenerationsAsync(CancellationToken ct)
    {
        var id = GenerationId.New(DateTimeOffset.UtcNow);
        await using (var lease = await Get<IGenerationLeases>().TryAcquireAsync(id, ct))
            await lease!.PublishAsync(new StepsDone(1, 2), ct);
        await Get<IGenerationProgress>().GetAsync(id, ct);
        await using (await Get<IEventStreams>().TryOpenAsync(_user.Id, ct))
        {
            // The place is given back.
        }
    }

    // What a sound's maker tells the other nodes, which it does beside its work.
    private async Task SoundAsync(CancellationToken ct)
    {
        var before = Calls.Count;
        using var sound = Get<ILiveSounds>().Open(GenerationId.New(DateTimeOffset.UtcNow), lease: 1);
        sound.Begin(8000, 1, 10);
        while (Calls.Skip(before).All(c => c.Script is null))
            await Task.Delay(10, ct);
    }

    // A server names a script by its hash, and the same whoever asks.
    private async Task NameScriptsAsync()
    {
        var (assembly, database) = (typeof(RedisKeys).Assembly, Get<IConnectionMultiplexer>().GetDatabase());
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".lua", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var source = await reader.ReadToEndAsync();
            _scripts[source] = _scripts[(string)(await database.ExecuteAsync("SCRIPT", "LOAD", source))!] = name;
        }
    }

    private sealed record Caller : ICurrentUser
    {
        public UserId? Id => null;

        public MusicGen.Domain.Identity.Role Role => MusicGen.Domain.Identity.Role.User;

        public Tier Tier => Tier.Free;

        public SessionId? Session => null;

        public DateTimeOffset? SteppedUpAt => null;

        public AccessTokenIdentity? AccessToken => null;

        public string Actor => "tests";

        public string? Address => $"2001:db8::{Guid.NewGuid().ToString("N")[..4]}";

        public string? UserAgent => null;

        public string? DeviceCookie => null;

        public string? TraceId => null;
    }
}
