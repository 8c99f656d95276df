using MediatR;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Tests.Support;

namespace MusicGen.Unit.Support;

/// <summary>The use cases of tasks with the real pipeline and a database in memory, over ports that remember.</summary>
internal sealed class GenerationWorld : ICurrentUser, IAuditTrail, IDisposable
{
    private readonly SqliteConnection _database = new("Data Source=:memory:");
    private readonly ServiceProvider _provider;

    public GenerationWorld()
    {
        _database.Open();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddApplication();
        services.AddDbContext<MusicGenDbContext, SqliteMusicGenDbContext>(b => b.UseSqlite(_database, o => o.ExecutionStrategy(LostAnswer.Strategy)).AddInterceptors(Answers));
        services.AddScoped<IMusicGenDbContext>(p => p.GetRequiredService<MusicGenDbContext>());
        services.AddSingleton<TimeProvider>(Clock).AddSingleton<ICurrentUser>(this).AddSingleton<IAuditTrail>(this);
        services.AddSingleton<IQuotaLedger>(Ledger).AddSingleton<IGenerationQueue>(Ports).AddSingleton<IGenerationLeases>(Ports);
        services.AddSingleton<IGenerationProgress>(Ports).AddSingleton<IMusicGenerator>(Ports).AddSingleton<IModelCatalogue>(Ports).AddSingleton<IAudioStore>(Ports).AddSingleton<IScoreWriter>(Ports).AddSingleton<IWorkingNode>(Ports);
        services.AddSingleton<ILiveSounds>(Sounds).AddSingleton<INodeRegistry>(Nodes);
        _provider = services.BuildServiceProvider(validateScopes: true);
        Me = AddUser();
        SomebodyElse = AddUser();
        Id = Me;
    }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_790_000_000));

    public LostAnswer Answers { get; } = new();

    public FakeQuotaLedger Ledger { get; } = new();

    public FakeGenerationPorts Ports { get; } = new();

    public FakeNodeRegistry Nodes { get; } = new();

    public LiveSounds Sounds { get; } = new();

    public List<AuditRecord> Entries { get; } = [];

    public UserId Me { get; }

    public UserId SomebodyElse { get; }

    public UserId? Id { get; set; }

    public Role Role => Role.User;

    public Tier Tier { get; set; } = Tier.Free;

    public SessionId? Session => null;

    public DateTimeOffset? SteppedUpAt => null;

    public AccessTokenIdentity? AccessToken => null;

    public string Actor => Id?.ToString() ?? "anonymous";

    public string? Address => null;

    public string? UserAgent => null;

    public string? DeviceCookie => null;

    public string? TraceId => null;

    public async Task<Result<T>> SendAsync<T>(IRequest<Result<T>> request)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ISender>().Send(request, CancellationToken.None);
    }

    /// <summary>Sends it and has its time be over while it waits, which must end it.</summary>
    public async Task AbandonAsync<T>(IRequest<Result<T>> request)
    {
        using var time = new CancellationTokenSource();
        await using var scope = _provider.CreateAsyncScope();
        var waiting = scope.ServiceProvider.GetRequiredService<ISender>().Send(request, time.Token);
        await time.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    public async Task<GenerationView> AcceptAsync(GenerateMusicCommand? command = null)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        var result = await SendAsync(command ?? new GenerateMusicCommand { Prompt = "calm piano" });
        Assert.True(result.IsSuccess, result.IsSuccess ? null : result.Error.Code);
        return result.Value;
    }

    public async Task<List<Generation>> TasksAsync()
    {
        await using var scope = _provider.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().Generations.AsNoTracking().ToListAsync();
    }

    /// <summary>Changes a task's row as its worker would.</summary>
    public async Task ChangeAsync(string taskId, Action<Generation> change)
    {
        await using var scope = _provider.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        Assert.True(GenerationId.TryParse(taskId, out var id));
        change(await db.Generations.SingleAsync(g => g.Id == id));
        await db.SaveChangesAsync(CancellationToken.None);
    }

    public AsyncServiceScope Scope() => _provider.CreateAsyncScope();

    public Task AppendAsync(AuditRecord record, CancellationToken ct)
    {
        lock (Entries)
            Entries.Add(record);
        return Task.CompletedTask;
    }

    public string HashEmail(string email) => string.Empty;

    public Task<AuditVerification> VerifyAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

    public Task<long?> AdoptAsync(CancellationToken ct) => throw new NotSupportedException();

    public void Dispose()
    {
        _provider.Dispose();
        _database.Dispose();
    }

    private UserId AddUser()
    {
        using var scope = _provider.CreateScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        db.Database.EnsureCreated();
        var id = UserId.New(Clock.GetUtcNow());
        db.Users.Add(new User(id, Email.Normalise($"{id}@example.org"), $"u{id.Value:N}"[..32], "hash", Clock.GetUtcNow()));
        db.SaveChanges();
        return id;
    }
}
