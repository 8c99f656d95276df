using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Auditing;
using MusicGen.Application.Identity;
using MusicGen.Domain.Auditing;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Persistence;
using MusicGen.Integration.Support;
using MusicGen.Tests.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Auditing;

/// <summary>The trail of one node as the product wires it, with witnesses that a test can look at, rob and start anew.</summary>
internal sealed class TrailNode : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly TestDatabase _database;

    private TrailNode(ServiceProvider provider, TestDatabase database, string folder) =>
        (_provider, _database, HeadFile) = (provider, database, Path.Combine(folder, "audit.head"));

    public string HeadFile { get; }

    public IAuditTrail Trail => _provider.GetRequiredService<IAuditTrail>();

    /// <param name="database">Where the table is.</param>
    /// <param name="folder">Where the head's file is; null for a folder of its own.</param>
    /// <param name="redis">Where the other head is; null for a node without.</param>
    /// <param name="secret">What it signs with.</param>
    /// <param name="checkpointEvery">Entries between checkpoints.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="answers">Loses answers of the table's.</param>
    public static Task<TrailNode> OpenAsync(
        TestDatabase database, string? folder = null, IDatabase? redis = null, IMessageAuthenticator? secret = null, int checkpointEvery = 1000, TimeProvider? time = null,
        LostAnswer? answers = null)
    {
        folder ??= Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        var provider = database.Node(services =>
        {
            services.AddSingleton(secret ?? new TestAuthenticator());
            services.AddSingleton(time ?? TimeProvider.System);
            services.AddSingleton(new RedisClock());
            services.AddAuditTrail();
            services.AddSingleton(Options.Create(new AuditingOptions { HeadFile = Path.Combine(folder, "audit.head"), CheckpointEvery = checkpointEvery }));
            services.AddLogging(logging => logging.ClearProviders());
            if (answers is not null)
                services.ConfigureDbContext<SqliteMusicGenDbContext>(b => b.UseSqlite(o => o.ExecutionStrategy(LostAnswer.Strategy)).AddInterceptors(answers));
            if (redis is not null)
                services.AddSingleton(redis);
            else
                services.Remove(services.Single(s => s.ImplementationType == typeof(RedisAuditWitness)));
        });
        return Task.FromResult(new TrailNode(provider, database, folder));
    }

    public Task AppendAsync(AuditRecord record, CancellationToken ct) => Trail.AppendAsync(record, ct);

    public async Task AppendAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await Trail.AppendAsync(new AuditRecord(Guid.CreateVersion7(), "anonymous", "tests.probe", AuditOutcome.Succeeded) { Subject = $"subject:{i}" }, default);
    }

    public Task<AuditVerification> VerifyAsync(CancellationToken ct = default) => Trail.VerifyAsync(ct);

    public async Task<(long Entries, long? Broken)> VerdictAsync()
    {
        var verification = await VerifyAsync();
        Assert.Equal(verification.Broken is null, verification.Problem is null);
        return (verification.Entries, verification.Broken);
    }

    /// <summary>Waits until the witnesses know everything.</summary>
    public async Task SettleAsync() => await _provider.GetRequiredService<AuditHeadKeeper>().DisposeAsync();

    public string HashEmail(string email) => Trail.HashEmail(email);

    public Task<int> SqlAsync(string sql) => _database.InAsync(db => db.Database.ExecuteSqlRawAsync(sql));

    public async Task<int> ResealAsync()
    {
        var count = 0;
        foreach (var thing in _provider.GetServices<IResealable>())
            count += await thing.ResealAsync(default);
        return count;
    }

    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}
