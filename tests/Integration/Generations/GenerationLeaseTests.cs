using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>The lease scripts on both servers.</summary>
public sealed class GenerationLeaseTests(RedisServers servers)
{
    private readonly GenerationId _task = GenerationId.New(DateTimeOffset.UtcNow);

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_many_at_once_one_gets_the_lease(RedisKind kind)
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => NodeAsync(kind)));

        for (var round = 0; round < 20; round++)
        {
            var leases = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => nodes[i % 5].Leases.TryAcquireAsync(_task, CancellationToken.None)));

            var lease = Assert.Single(leases, l => l is not null);
            await lease!.DisposeAsync();
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Numbers_grow_even_when_the_last_one_is_forgotten(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var numbers = new List<long>();

        for (var i = 0; i < 5; i++)
        {
            await using var lease = await node.Leases.TryAcquireAsync(_task, CancellationToken.None);
            numbers.Add(lease!.Number);
            if (i == 2)
            {
                await node.Redis.KeyDeleteAsync(RedisKeys.GenerationLeaseNumber(_task));
                await Task.Delay(20, CancellationToken.None);
            }
        }

        Assert.Equal(numbers.Order().Distinct(), numbers);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_lease_is_kept_beyond_its_length_while_its_holder_lives(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        await using var lease = await node.Leases.TryAcquireAsync(_task, CancellationToken.None);

        await Task.Delay(RedisGenerationLeases.Length + TimeSpan.FromSeconds(1), CancellationToken.None);

        Assert.True(await lease!.IsStillHeldAsync(CancellationToken.None));
        Assert.False(lease.Lost.IsCancellationRequested);
        Assert.InRange((await node.Redis.KeyTimeToLiveAsync(RedisKeys.GenerationLease(_task)))!.Value, TimeSpan.FromSeconds(1), RedisGenerationLeases.Length);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_revoked_lease_is_lost_in_the_time_of_a_message(RedisKind kind)
    {
        var (worker, owner) = (await NodeAsync(kind), await NodeAsync(kind));
        await using var lease = await worker.Leases.TryAcquireAsync(_task, CancellationToken.None);
        var lost = new TaskCompletionSource();
        await using var _ = lease!.Lost.Register(lost.SetResult);

        await owner.Leases.RevokeAsync(_task, CancellationToken.None);
        await owner.Progress.AnnounceAsync(_task, CancellationToken.None);

        // Well below the second that the next renewal could take.
        await lost.Task.WaitAsync(TimeSpan.FromMilliseconds(600), CancellationToken.None);
        Assert.False(await lease.IsStillHeldAsync(CancellationToken.None));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_revoked_lease_is_lost_within_a_renewal_when_the_message_is(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        await using var lease = await node.Leases.TryAcquireAsync(_task, CancellationToken.None);
        var lost = new TaskCompletionSource();
        await using var _ = lease!.Lost.Register(lost.SetResult);

        await node.Leases.RevokeAsync(_task, CancellationToken.None);

        await lost.Task.WaitAsync(TimeSpan.FromSeconds(3), CancellationToken.None);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Who_lost_the_lease_publishes_nothing_and_ends_nobody_elses(RedisKind kind)
    {
        var (paused, second) = (await NodeAsync(kind), await NodeAsync(kind));
        var old = await paused.Leases.TryAcquireAsync(_task, CancellationToken.None);
        await paused.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(_task)); // as if its four seconds had passed
        await using var lease = await second.Leases.TryAcquireAsync(_task, CancellationToken.None);
        await lease!.PublishAsync(new StepsDone(5, 10), CancellationToken.None);

        await old!.PublishAsync(new StepsDone(9, 10), CancellationToken.None);
        var oldHolds = await old.IsStillHeldAsync(CancellationToken.None);
        await old.DisposeAsync();

        Assert.False(oldHolds);
        Assert.Equal(new StepsDone(5, 10), await second.Progress.GetAsync(_task, CancellationToken.None));
        Assert.True(await lease.IsStillHeldAsync(CancellationToken.None));
        Assert.True(lease.Number > old.Number);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Steps_reach_a_watcher_on_another_node(RedisKind kind)
    {
        var (worker, viewer) = (await NodeAsync(kind), await NodeAsync(kind));
        await using var lease = await worker.Leases.TryAcquireAsync(_task, CancellationToken.None);
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var watch = viewer.Progress.WatchAsync(_task, end.Token).GetAsyncEnumerator(end.Token);
        var first = watch.MoveNextAsync();
        while ((await worker.Redis.PublishAsync(RedisKeys.GenerationChannel(_task), "look")) < 2)
            await Task.Delay(10, end.Token);

        await lease!.PublishAsync(new StepsDone(3, 8), end.Token);
        Assert.True(await first);
        var look = watch.Current;
        while (watch.Current is null)
            Assert.True(await watch.MoveNextAsync());

        Assert.Null(look);
        Assert.Equal(new StepsDone(3, 8), watch.Current);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Every_key_expires(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        await using var lease = await node.Leases.TryAcquireAsync(_task, CancellationToken.None);
        await lease!.PublishAsync(new StepsDone(1, 2), CancellationToken.None);

        foreach (var key in new[] { RedisKeys.GenerationLease(_task), RedisKeys.GenerationLeaseNumber(_task), RedisKeys.GenerationSteps(_task) })
            Assert.NotNull(await node.Redis.KeyTimeToLiveAsync(key));
    }

    private async Task<Node> NodeAsync(RedisKind kind) => new((await servers.NodeAsync(kind)).GetDatabase());

    private sealed class Node(StackExchange.Redis.IDatabase redis)
    {
        public StackExchange.Redis.IDatabase Redis { get; } = redis;

        public RedisGenerationLeases Leases { get; } =
            new RedisGenerationLeases(redis, new RedisClock(), TimeProvider.System, NullLogger<RedisGenerationLeases>.Instance);

        public RedisGenerationProgress Progress { get; } = new RedisGenerationProgress(redis);
    }
}
