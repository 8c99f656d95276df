using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Nodes;

/// <summary>A node's word, second by second, whatever happens.</summary>
public sealed class NodeAnnouncerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-word-").FullName;
    private readonly UserId _user = UserId.New(DateTimeOffset.UtcNow);
    private readonly OwnRedis _redis = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_starts_and_speaks_on_after_a_second_in_which_its_models_could_not_be_listed()
    {
        var engine = new StagedEngine { Fault = new FileNotFoundException("A file was being pulled.") };
        await using var node = new GenerationNode(await _redis.NodeAsync(RedisKind.Garnet), _folder, _user, engine);
        var name = node.Get<IOptions<NodeOptions>>().Value.Name;
        var registry = node.Get<INodeRegistry>();
        await node.StartAsync<NodeAnnouncer>();
        Assert.Empty(registry.Board.Nodes);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            engine.Fault = null;
            await UntilAsync(async () => (await registry.ReadAsync(Ct)).Nodes.SingleOrDefault(n => n.State.Name == name)?.Silence < TimeSpan.FromSeconds(0.5));
            engine.Fault = new OperationCanceledException("A mount gave up.");
            await UntilAsync(async () => (await registry.ReadAsync(Ct)).Nodes.Single().Silence > TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task No_queue_is_open_before_Redis_has_said_what_is_paused()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var data = Directory.CreateDirectory(Path.Combine(_folder, "redis")).FullName;
        var server = await RunningRedis.StartAsync(RedisKind.Redis, data);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(server.ConnectionString));
        await using var node = new GenerationNode(redis, _folder, _user, new StagedEngine());
        await node.Get<INodeRegistry>().GiveAsync(NodeOrder.Pause(Tier.Enterprise), Ct);
        await server.KillAsync();
        var queues = node.Get<OpenQueues>();
        var opened = 0;

        await node.StartAsync<NodeAnnouncer>();
        for (var look = 0; look < 15; look++)
        {
            Assert.All(Enum.GetValues<Tier>(), t => Assert.Empty(queues.Of(t).Names));
            await Task.Delay(100, Ct);
        }

        await using var back = await RunningRedis.StartAsync(RedisKind.Redis, data, inPlaceOf: server);
        await UntilAsync(() =>
        {
            opened = Math.Max(opened, queues.Of(Tier.Enterprise).Names.Count);
            return Task.FromResult(queues.Of(Tier.Free).Names.Count > 0);
        });
        Assert.Equal((0, 0), (opened, queues.Of(Tier.Enterprise).Names.Count));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Readiness_is_troubled_by_a_lost_node_and_not_by_one_that_left()
    {
        var connection = await _redis.NodeAsync(RedisKind.Garnet);
        await using var node = new GenerationNode(connection, _folder, _user, new StagedEngine());
        var check = new NodesHealthCheck(node.Get<INodeRegistry>(), node.Get<NodeLife>(), node.Get<LeftTasks>(), node.Get<StoreWait>(), node.Get<IOptions<NodeOptions>>());
        var other = new NodeState { Name = "gpu", Role = NodeRole.Worker, Version = "2.0", StartedAt = DateTimeOffset.UtcNow };
        var registry = new RedisNodeRegistry(connection.GetDatabase(), new RedisClock());
        await registry.AnnounceAsync(other);
        await registry.LeaveAsync(other);

        await node.StartAsync<NodeAnnouncer>();
        Assert.Equal((2, HealthStatus.Healthy), (node.Get<INodeRegistry>().Board.Nodes.Count, (await check.CheckHealthAsync(new HealthCheckContext(), Ct)).Status));

        await registry.AnnounceAsync(other);
        await UntilAsync(() => Task.FromResult(node.Get<INodeRegistry>().Board.Nodes.Any(n => n.IsLost)));
        var troubled = await check.CheckHealthAsync(new HealthCheckContext(), Ct);
        Assert.Equal((HealthStatus.Degraded, "gpu is lost."), (troubled.Status, troubled.Description));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
            await Task.Delay(50, patience.Token);
    }
}
