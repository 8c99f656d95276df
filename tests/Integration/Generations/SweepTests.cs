using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>Looking for tasks that nobody works on costs little, however many nodes there are, and misses none.</summary>
public sealed class SweepTests : NodesOfOneService
{
    private readonly OwnRedis _redis = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_nothing_is_lost_no_task_is_read_whole()
    {
        var node = await NodeAsync();
        await node.AcceptAsync();
        await DieWhileRunningAsync(node, await node.AcceptAsync()); // for four seconds it looks alive
        node.Asked.Clear();

        await using var scope = node.Get<IServiceScopeFactory>().CreateAsyncScope();
        var sweep = scope.ServiceProvider.GetRequiredService<GenerationSweep>();
        await sweep.FreeAbandonedAsync(Ct);
        await sweep.FailOrphansAsync(Ct);
        await sweep.RefillQueuesAsync(ShortQueues.None, Ct);

        Assert.InRange(node.Asked.All.Count, 2, 3);
        Assert.All(node.Asked.All, sql => Assert.DoesNotContain("Prompt", sql, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_three_nodes_one_looks_every_three_seconds()
    {
        foreach (var _ in Enumerable.Range(0, 3))
            await (await NodeAsync()).StartAsync<GenerationSweeper>();
        await UntilAsync(() => Nodes.TrueForAll(n => n.Asked.Sweeps == 1)); // at its start each does
        Nodes.ForEach(n => n.Asked.Clear());

        await Task.Delay(TimeSpan.FromSeconds(9), Ct);

        Assert.InRange(Nodes.Sum(n => n.Asked.Sweeps), 2, 4);
    }

    [Fact]
    public async Task A_node_whose_database_is_away_takes_no_turn_from_another()
    {
        var cut = new GenerationNode(await _redis.NodeAsync(RedisKind.Garnet), Path.Combine(Folder, "empty"), User, new StagedEngine());
        await cut.StartAsync<GenerationSweeper>();
        await Task.Delay(100, Ct); // it would be the first each time
        var node = await NodeAsync();
        await node.StartAsync<GenerationSweeper>();
        await UntilAsync(() => node.Asked.Sweeps == 1 && cut.Asked.All.Count > 0);
        node.Asked.Clear();

        await Task.Delay(TimeSpan.FromSeconds(9), Ct);

        Assert.InRange(node.Asked.Sweeps, 2, 4);
        await cut.DisposeAsync();
    }

    [Fact]
    public async Task A_task_whose_node_dies_in_its_turn_is_taken_up_within_ten_seconds()
    {
        var node = await NodeAsync();
        await node.StartAsync();
        var registry = node.Get<INodeRegistry>();
        await registry.GiveAsync(NodeOrder.Pause(Tier.Enterprise), Ct);
        await UntilAsync(() => node.Get<OpenQueues>().Of(Tier.Enterprise).Names.Count == 0);
        var id = await node.AcceptAsync();
        while (!await node.Get<RedisTurns>().TryTakeAsync("sweep", TimeSpan.FromSeconds(2.5)))
            await Task.Delay(20, Ct);

        var death = Stopwatch.GetTimestamp();
        await DieWhileRunningAsync(node, id);
        await registry.WithdrawAsync(NodeOrder.Pause(Tier.Enterprise), Ct);
        var task = await node.UntilAsync(id, t => t.Status == GenerationStatus.Completed);

        Assert.InRange(Stopwatch.GetElapsedTime(death).TotalSeconds, 3, 10);
        Assert.Equal(2, task.Attempts);
    }

    [Fact]
    public async Task A_task_that_is_given_up_is_counted_among_those_that_ended_once()
    {
        var node = await NodeAsync();
        var id = await node.AcceptAsync();
        await node.WithDatabaseAsync(async db =>
        {
            var task = db.Generations.Single(g => g.Id == id);
            foreach (var lease in Enumerable.Range(1, Generation.MaxAttempts))
                Assert.True(task.Start(lease, DateTimeOffset.UtcNow) && task.Requeue(lease) == lease < Generation.MaxAttempts);
            return await db.SaveChangesAsync(Ct);
        });
        var orphan = await node.AcceptAsync();
        using var ended = new MeasuredHere("musicgen.tasks.ended");

        await using (var scope = node.Get<IServiceScopeFactory>().CreateAsyncScope())
        {
            var sweep = scope.ServiceProvider.GetRequiredService<GenerationSweep>();
            await sweep.FreeAsync(id, Generation.MaxAttempts, Ct);
            await sweep.FreeAsync(id, Generation.MaxAttempts, Ct);
            Assert.Equal(["failed enterprise staged 1"], ended.Told("status", "tier", "model"));
            await sweep.FailOrphansOfAsync(StagedEngine.Id, Ct);
            await sweep.FailOrphansOfAsync(StagedEngine.Id, Ct);
        }

        Assert.Equal(GenerationStatus.Failed, (await node.TaskAsync(orphan)).Status);
        Assert.Equal(2, ended.Told("status", "tier", "model").Count);
    }

    // So that the first failures are a rise, and so that what left isn't said to wait for ever.
    [Fact]
    public async Task Failures_begin_at_zero_and_a_model_that_left_has_nothing_waiting()
    {
        var node = await NodeAsync();
        await node.AcceptAsync();
        using var ended = new MeasuredHere("musicgen.tasks.ended");
        using var waiting = new MeasuredHere("musicgen.queue.waiting");

        await node.StartAsync<GenerationSweeper>();
        await UntilAsync(() => waiting.Told("tier", "model").Contains("enterprise staged 1"));
        node.Engine.Models = [];
        await UntilAsync(() => waiting.Told("tier", "model").Contains("enterprise staged 0"));

        Assert.Subset(ended.Told("status", "tier", "model").ToHashSet(), new HashSet<string> { "failed free staged 0", "failed premium staged 0", "failed enterprise staged 0" });
    }

    [Fact]
    public void What_one_turn_leaves_the_next_reads()
    {
        var queues = new ShortQueues([(Tier.Free, "a model/with spaces"), (Tier.Enterprise, "m")]);

        Assert.Equal(queues.Queues, ShortQueues.Read(queues.Write()).Queues);
        Assert.Empty(ShortQueues.Read(ShortQueues.None.Write()).Queues);
        Assert.Empty(ShortQueues.Read(null).Queues);
        Assert.Empty(ShortQueues.Read("Gold m\nFree").Queues);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    // What a killed process leaves: the row it had started, and its lease for up to four seconds.
    private static async Task DieWhileRunningAsync(GenerationNode node, GenerationId id)
    {
        await node.Redis.StringSetAsync(RedisKeys.GenerationLease(id), "dead", RedisGenerationLeases.Length);
        await node.WithDatabaseAsync(async db =>
        {
            Assert.True(db.Generations.Single(g => g.Id == id).Start(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 1000, DateTimeOffset.UtcNow));
            return await db.SaveChangesAsync(CancellationToken.None);
        });
    }

    private async Task<GenerationNode> NodeAsync() => await AddAsync(await _redis.NodeAsync(RedisKind.Garnet));
}
