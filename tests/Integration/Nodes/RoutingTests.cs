using Hangfire;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Nodes;

/// <summary>Which node makes a task.</summary>
public sealed class RoutingTests(RedisServers servers) : NodesOfOneService
{
    private readonly OwnRedis _redis = new();

    public static TheoryData<RedisKind> Kinds => RedisServers.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_task_goes_to_the_node_that_has_its_model_and_any_node_takes_it_in(RedisKind kind)
    {
        var (a, b) = (await NodeAsync(kind, "Mine/a.1"), await NodeAsync(kind, "mine/A_1"));
        await a.StartAsync();
        await b.StartAsync();
        await KnowsAsync(a, "mine/A_1");

        var tasks = new List<(GenerationId Id, string Model)>();
        foreach (var model in new[] { "Mine/a.1", "mine/A_1", "mine/A_1", "Mine/a.1", "mine/A_1" })
            tasks.Add((await AcceptAsync(a, model), model));
        foreach (var (id, _) in tasks)
            Assert.Equal(GenerationStatus.Completed, (await a.UntilAsync(id, t => t.IsFinished)).Status);

        Assert.Equal((2, 3), (a.Engine.Starts, b.Engine.Starts));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_start_that_came_to_the_wrong_node_leaves_the_task_waiting_and_the_sweep_brings_it_to_the_right_one(RedisKind kind)
    {
        var (a, b) = (await NodeAsync(kind, "m/a"), await NodeAsync(kind, "m/b"));
        foreach (var node in new[] { b, a })
            await node.Get<RedisNodeRegistry>().AnnounceAsync(new NodeState { Name = node.Engine.Models[0].Id, Role = NodeRole.All, Version = "2.0", StartedAt = DateTimeOffset.UtcNow, Models = node.Engine.Models });
        var id = await AcceptAsync(a, "m/b");

        await a.SendAsync(new RunGenerationCommand(id));

        Assert.Equal((GenerationStatus.Pending, 0), ((await a.TaskAsync(id)).Status, a.Engine.Starts));
        await b.StartAsync();
        Assert.Equal(GenerationStatus.Completed, (await a.UntilAsync(id, t => t.IsFinished)).Status);
        Assert.Equal((0, 1), (a.Engine.Starts, b.Engine.Starts));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_paused_tier_and_a_draining_node_take_nothing_until_they_are_let_go_on(RedisKind kind)
    {
        var node = await NodeAsync(kind, "m/pause");
        await node.StartAsync();
        var (registry, queues, name) = (node.Get<INodeRegistry>(), node.Get<OpenQueues>(), node.Get<Microsoft.Extensions.Options.IOptions<NodeOptions>>().Value.Name);
        foreach (var order in new[] { NodeOrder.Pause(Tier.Enterprise), NodeOrder.Drain(name) })
        {
            await registry.GiveAsync(order, CancellationToken.None);
            await UntilAsync(() => queues.Of(Tier.Enterprise).Names.Count == 0);
            Assert.Equal(order.Kind == NodeOrderKind.Pause, queues.Of(Tier.Free).Names.Count > 0);

            var id = await AcceptAsync(node, "m/pause");
            await Task.Delay(300, CancellationToken.None); // nothing is to happen in it
            Assert.Equal(GenerationStatus.Pending, (await node.TaskAsync(id)).Status);

            await registry.WithdrawAsync(order, CancellationToken.None);
            Assert.Equal(GenerationStatus.Completed, (await node.UntilAsync(id, t => t.IsFinished)).Status);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Models_that_come_are_worked_for_and_a_task_whose_model_nobody_has_any_more_fails_free_of_charge(RedisKind kind)
    {
        var node = await NodeAsync(kind, "m/first", modelMemory: TimeSpan.FromSeconds(7));
        await node.StartAsync();
        node.Engine.Models = [StagedEngine.Model("m/second"), StagedEngine.Model("m/third")];
        var made = await AcceptAsync(node, "m/second"); // its workers looked into the first one's queue just now
        Assert.Equal(GenerationStatus.Completed, (await node.UntilAsync(made, t => t.IsFinished)).Status);

        await node.Get<INodeRegistry>().GiveAsync(NodeOrder.Pause(Tier.Enterprise), CancellationToken.None);
        await UntilAsync(() => node.Get<OpenQueues>().Of(Tier.Enterprise).Names.Count == 0);
        var lost = await AcceptAsync(node, "m/third");
        node.Engine.Models = [StagedEngine.Model("m/second")];
        await node.Get<INodeRegistry>().WithdrawAsync(NodeOrder.Pause(Tier.Enterprise), CancellationToken.None);
        await StaysPendingAsync(node, lost); // its folder may only be away for a look

        var task = await node.UntilAsync(lost, t => t.IsFinished);
        Assert.Equal((GenerationStatus.Failed, "generation.engine_failed"), (task.Status, task.ErrorCode));
        Assert.Contains("No machine of this service has the model", task.ErrorMessage, StringComparison.Ordinal);
        await node.UntilUsedAsync(1);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Tasks_for_a_worker_that_stops_in_good_order_are_taken_in_and_wait_for_another_with_its_model(RedisKind kind)
    {
        var (front, worker) = (await NodeAsync(kind, "m/composer"), await NodeAsync(kind, "m/gpu"));
        await front.StartAsync();
        await worker.StartAsync();
        await KnowsAsync(front, "m/gpu");
        await front.Get<INodeRegistry>().GiveAsync(NodeOrder.Pause(Tier.Enterprise), CancellationToken.None);
        await UntilAsync(() => worker.Get<OpenQueues>().Of(Tier.Enterprise).Names.Count == 0);
        var before = await AcceptAsync(front, "m/gpu");

        await worker.StopAsync();
        await front.Get<INodeRegistry>().WithdrawAsync(NodeOrder.Pause(Tier.Enterprise), CancellationToken.None);
        await UntilAsync(() => front.Get<INodeRegistry>().Board.Nodes.Count(n => n.IsAlive) == 1);
        var meanwhile = await AcceptAsync(front, "m/gpu");
        await StaysPendingAsync(front, before);

        await (await NodeAsync(kind, "m/gpu")).StartAsync();
        foreach (var id in new[] { before, meanwhile })
            Assert.Equal(GenerationStatus.Completed, (await front.UntilAsync(id, t => t.IsFinished)).Status);
        Assert.Equal(0, front.Engine.Starts);
    }

    [Fact]
    public async Task Tasks_outlive_a_Redis_that_comes_back_empty_and_a_service_whose_first_node_has_not_their_model()
    {
        var (front, worker) = (await NodeAsync(RedisKind.Redis, "m/composer"), await NodeAsync(RedisKind.Redis, "m/gpu"));
        await worker.Get<RedisNodeRegistry>().AnnounceAsync(new NodeState { Name = "gpu", Role = NodeRole.All, Version = "2.0", StartedAt = DateTimeOffset.UtcNow, Models = worker.Engine.Models });
        await front.StartAsync();
        await KnowsAsync(front, "m/gpu");
        var id = await AcceptAsync(front, "m/gpu");

        await front.Redis.ScriptEvaluateAsync("return redis.call('FLUSHALL')");
        await UntilAsync(() => front.Get<IModelCatalogue>().Find("m/gpu") is null);
        await StaysPendingAsync(front, id);

        await front.StopAsync(); // and with it the whole service, since the other never ran
        front = await NodeAsync(RedisKind.Redis, "m/composer");
        await front.StartAsync();
        await StaysPendingAsync(front, id);
        await worker.StartAsync();
        Assert.Equal(GenerationStatus.Completed, (await front.UntilAsync(id, t => t.IsFinished)).Status);
    }

    [Fact]
    public async Task A_service_in_another_database_of_the_same_Redis_takes_none_of_the_tasks()
    {
        var (prefix, queue) = ($"mg:{{test-{User}}}:", "own");
        var storage = GenerationServices.StorageOn(await servers.NodeAsync(RedisKind.Redis, database: 5), prefix);

        new BackgroundJobClient(storage).Create(
            Hangfire.Common.Job.FromExpression<GenerationJob>(j => j.RunAsync("x", CancellationToken.None)), new Hangfire.States.EnqueuedState(queue));

        Assert.Equal(1, storage.GetMonitoringApi().EnqueuedCount(queue));
        Assert.Equal(0, GenerationServices.StorageOn(await servers.NodeAsync(RedisKind.Redis), prefix).GetMonitoringApi().EnqueuedCount(queue));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static Task KnowsAsync(GenerationNode node, string model) => UntilAsync(() => node.Get<IModelCatalogue>().Find(model) is not null);

    private static async Task<GenerationId> AcceptAsync(GenerationNode node, string model)
    {
        var accepted = await node.SendAsync(new GenerateMusicCommand { Prompt = "calm piano", Model = model });
        Assert.True(accepted.IsSuccess, accepted.IsSuccess ? null : accepted.Error.Code);
        Assert.True(GenerationId.TryParse(accepted.Value.TaskId, out var id));
        return id;
    }

    // For longer than it is until the next sweep.
    private static async Task StaysPendingAsync(GenerationNode node, GenerationId id)
    {
        await Task.Delay(TimeSpan.FromSeconds(4), CancellationToken.None);
        Assert.Equal(GenerationStatus.Pending, (await node.TaskAsync(id)).Status);
    }

    private async Task<GenerationNode> NodeAsync(RedisKind kind, string model, TimeSpan? modelMemory = null) => await AddAsync(await _redis.NodeAsync(kind), new StagedEngine { Models = [StagedEngine.Model(model)] }, modelMemory: modelMemory);
}
