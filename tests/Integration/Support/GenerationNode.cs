using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.ListenToGeneration;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;
using StackExchange.Redis.KeyspaceIsolation;

namespace MusicGen.Integration.Support;

/// <summary>
/// One node of the service as far as tasks go: the real use cases, queue, leases, ledger, files and database, an engine
/// that does what the test says. Nodes of one test share a folder (database and audio) and a Redis prefix of their own.
/// </summary>
internal sealed class GenerationNode : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly List<IHostedService> _running = [];

    public GenerationNode(IConnectionMultiplexer redis, string folder, UserId user, StagedEngine engine, TimeSpan? grace = null, TimeSpan? modelMemory = null)
    {
        User = user;
        Engine = engine;
        var services = new ServiceCollection();
        Directory.CreateDirectory(Path.Combine(folder, "audio")); // as a server does when it starts
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([
            new("Audio:Path", Path.Combine(folder, "audio")), new("Node:Name", $"{user}:{Guid.CreateVersion7():N}"[..64]), new("Node:ShutdownGrace", $"{grace ?? TimeSpan.FromSeconds(1):c}"),
            new("Node:ModelMemory", $"{modelMemory ?? KnownNode.Memory:c}"),
        ]).Build());
        services.AddLogging();
        services.AddApplication();
        services.AddNodes();
        services.AddGenerationQueue(NodeRole.All);
        services.AddFiles(AudioStoreKind.Folder);
        services.AddOptions<QuotaOptions>();
        services.AddSingleton<IQuotaLedger, RedisQuotaLedger>();
        services.AddScoped<ChargeReckoning>();
        services.AddSingleton(redis).AddSingleton(redis.GetDatabase()).AddSingleton(new RedisClock()).AddSingleton(TimeProvider.System);
        // Tests share a server, and Hangfire's queues are named by tier and model alone, turns by what they are for.
        services.AddSingleton(new RedisTurns(redis.GetDatabase().WithKeyPrefix($"{user}:")));
        services.AddSingleton<Hangfire.JobStorage>(GenerationServices.StorageOn(redis, $"mg:{{test-{user}}}:"));
        services.AddDbContext<MusicGenDbContext, SqliteMusicGenDbContext>(b =>
        {
            SqliteMusicGenDbContext.Configure(b, $"Data Source={folder}/test.db;Pooling=False");
            b.AddInterceptors(Asked);
        });
        services.AddScoped<IMusicGenDbContext>(p => p.GetRequiredService<MusicGenDbContext>());
        services.AddSingleton<ICurrentUser>(new Caller(user)).AddSingleton<IAuditTrail, NoTrail>().AddSingleton<IMusicGenerator>(engine).AddSingleton(new InstalledModels(null)).AddSingleton<IEngineDevices>(engine);
        _provider = services.BuildServiceProvider(validateScopes: true);
        Redis = redis.GetDatabase();
    }

    public UserId User { get; }

    public StagedEngine Engine { get; }

    public IDatabase Redis { get; }

    /// <summary>What it asked of the database.</summary>
    public AskedQueries Asked { get; } = new();

    /// <summary>An empty database with one user in it.</summary>
    public async Task CreateDatabaseAsync() => await WithDatabaseAsync(async db =>
    {
        await ((MusicGenDbContext)db).Database.EnsureCreatedAsync();
        db.Users.Add(new User(User, Email.Normalise($"{User}@example.org"), $"u{User.Value:N}"[..20], "hash", DateTimeOffset.UtcNow));
        await db.SaveChangesAsync(CancellationToken.None);
        return true;
    });

    public async Task<Result<T>> SendAsync<T>(IRequest<Result<T>> request)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ISender>().Send(request, CancellationToken.None);
    }

    public async Task<GenerationId> AcceptAsync(string prompt = "calm piano", string? normalize = null)
    {
        var accepted = await SendAsync(new GenerateMusicCommand { Prompt = prompt, Normalize = normalize });
        Assert.True(accepted.IsSuccess, accepted.IsSuccess ? null : accepted.Error.Code);
        Assert.True(GenerationId.TryParse(accepted.Value.TaskId, out var id));
        return id;
    }

    /// <summary>Listens to a task as its owner would by way of this node.</summary>
    public async Task<Result<HeardSound>> ListenAsync(GenerationId id)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<GenerationListening>().ListenAsync(id.ToString(), TestContext.Current.CancellationToken);
    }

    public async Task<T> WithDatabaseAsync<T>(Func<IMusicGenDbContext, Task<T>> look)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await look(scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>());
    }

    public Task<Generation> TaskAsync(GenerationId id) => WithDatabaseAsync(db => db.Generations.AsNoTracking().SingleAsync(g => g.Id == id));

    /// <summary>Waits until a task is in a state, for as long as a slow machine may need.</summary>
    public async Task<Generation> UntilAsync(GenerationId id, Func<Generation, bool> reached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var task = await TaskAsync(id);
            if (reached(task))
                return task;
            Assert.False(patience.IsCancellationRequested, $"The task is still {task.Status} after {task.Attempts} attempts, {Engine.Starts} starts.");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    public Task<QuotaUsage> UsageAsync() =>
        _provider.GetRequiredService<IQuotaLedger>().GetUsageAsync(User, Tier.Enterprise, CancellationToken.None);

    /// <summary>Waits until so many generations count: a charge goes back once the task's row says failed.</summary>
    public async Task UntilUsedAsync(int generations)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await UsageAsync()).Windows.Min(w => w.Used) is var used && used != generations)
        {
            Assert.False(patience.IsCancellationRequested, $"{used} generations count, not {generations}.");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    public T Get<T>()
        where T : notnull => _provider.GetRequiredService<T>();

    public async Task<ShortQueues> SweepAsync(ShortQueues? before = null)
    {
        await using var scope = _provider.CreateAsyncScope();
        var sweep = scope.ServiceProvider.GetRequiredService<GenerationSweep>();
        await sweep.FollowRecentEndsAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await scope.ServiceProvider.GetRequiredService<ChargeReckoning>().HoldAsync(CancellationToken.None);
        await sweep.FreeAbandonedAsync(CancellationToken.None);
        return await sweep.RefillQueuesAsync(before ?? ShortQueues.None, CancellationToken.None);
    }

    /// <summary>Starts this node's workers and its sweeper.</summary>
    public async Task StartAsync()
    {
        foreach (var service in _provider.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
            _running.Add(service);
        }
    }

    /// <summary>Starts one of them alone.</summary>
    public async Task StartAsync<T>()
        where T : IHostedService
    {
        var service = _provider.GetServices<IHostedService>().OfType<T>().Single();
        await service.StartAsync(CancellationToken.None);
        _running.Add(service);
    }

    /// <summary>Stops them in good order.</summary>
    public async Task StopAsync()
    {
        foreach (var service in Enumerable.Reverse(_running))
            await service.StopAsync(CancellationToken.None);
        _running.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _provider.DisposeAsync();
    }

    private sealed record Caller(UserId User) : ICurrentUser
    {
        public UserId? Id => User;

        public MusicGen.Domain.Identity.Role Role => MusicGen.Domain.Identity.Role.User;

        public Tier Tier => Tier.Enterprise;

        public SessionId? Session => null;

        public DateTimeOffset? SteppedUpAt => null;

        public AccessTokenIdentity? AccessToken => null;

        public string Actor => User.ToString();

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
