using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Unit.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Generations;

/// <summary>A node's workers while what they ask doesn't answer.</summary>
public sealed class GenerationServersTests
{
    [Fact]
    public async Task While_Redis_is_away_a_worker_asks_again_each_second_and_not_after_longer_and_longer_pauses()
    {
        using var queues = new OpenQueues(new NoDevices(), StagedNode.Named("me"), new FakeTimeProvider());
        queues.Open([StagedNode.Composer], new HashSet<Tier>());
        using var life = new NodeLife();
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var away = new Away();
        using var servers = new GenerationServers(
            away, services.GetRequiredService<IServiceScopeFactory>(), queues,
            Options.Create(new QueueOptions { FreeWorkers = 1, PremiumWorkers = 0, EnterpriseWorkers = 0 }), StagedNode.Named("me"), life);

        await servers.StartAsync(TestContext.Current.CancellationToken);

        // By Hangfire's own pauses of 0, 1, 4, 9 and 16 s the sixth try is half a minute after the first.
        for (var i = 0; i < 6; i++)
            Assert.True(await away.Tries.WaitAsync(TimeSpan.FromSeconds(12), TestContext.Current.CancellationToken), $"{i} tries.");
        await servers.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Takes a server's announcement, and breaks where it is asked for a task.</summary>
    private sealed class Away : JobStorage, IDisposable
    {
        public SemaphoreSlim Tries { get; } = new(0);

        public override IMonitoringApi GetMonitoringApi() => throw new NotSupportedException();

        public override IStorageConnection GetConnection() => HashesOnly.Calls.To<IStorageConnection>((name, _) =>
        {
            if (name != nameof(IStorageConnection.FetchNextJob))
                return name == nameof(IStorageConnection.RemoveTimedOutServers) ? 0 : null;
            Tries.Release();
            throw new IOException("away");
        });

        public void Dispose() => Tries.Dispose();
    }
}
