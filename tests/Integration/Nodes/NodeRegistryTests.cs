using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Nodes;

/// <summary>What nodes know of each other.</summary>
public sealed class NodeRegistryTests : IAsyncLifetime
{
    private readonly Clock _clock = new();
    private readonly OwnRedis _redis = new();

    public static TheoryData<RedisKind> Kinds => RedisServers.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_node_is_seen_as_it_is_until_it_leaves(RedisKind kind)
    {
        var (a, b) = (await RegistryAsync(kind), await RegistryAsync(kind));
        var said = Named("a") with
        {
            Role = NodeRole.Worker,
            IsDraining = true,
            Workers = new Dictionary<string, int> { ["free"] = 3 },
            Tasks = ["01a"],
            Devices = [new DeviceState("cuda:1", "torch-cuda-fp16", 80L << 30, 2L << 30, 5, 8, ["m/x"])],
            Models = [StagedEngine.Model("m/x") with { IsNoncommercial = true, EngineVersion = 3 }],
            Problems = ["m/y: too big"],
        };

        await a.AnnounceAsync(said);
        await b.AnnounceAsync(Named("b"));

        Assert.Equivalent(said, Of(b, "a")!.State, strict: true);
        Assert.Equal(["a", "b"], (await a.ReadAsync(Ct)).Nodes.Select(n => n.State.Name));
        await a.LeaveAsync(Named("a").Name);
        await b.AnnounceAsync(Named("b"));
        Assert.Null(Of(b, "a"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_silent_node_is_lost_after_five_seconds_and_forgotten_after_ten_minutes(RedisKind kind)
    {
        var (a, b) = (await RegistryAsync(kind), await RegistryAsync(kind));
        await a.AnnounceAsync(Named("a"));

        var states = new List<bool?>();
        foreach (var wait in new[] { 4.9, 0.2, 594, 1 })
        {
            _clock.Advance(TimeSpan.FromSeconds(wait));
            await b.AnnounceAsync(Named("b"));
            states.Add(Of(b, "a")?.IsAlive);
        }

        Assert.Equal([true, false, false, null], states);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Two_processes_of_one_name_hear_of_each_other_and_a_restart_takes_the_name_over(RedisKind kind)
    {
        var (a, twin) = (await RegistryAsync(kind), await RegistryAsync(kind));
        Assert.Null(await a.AnnounceAsync(Named("a")));
        Assert.Null(await a.AnnounceAsync(Named("a")));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), await twin.AnnounceAsync(Named("a")));

        await a.LeaveAsync(Named("a").Name); // the old process's good-bye doesn't take the new one away
        Assert.NotNull(Of(await twin.ReadAsync(Ct), "a"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Orders_stand_until_they_are_withdrawn_whatever_a_model_is_called(RedisKind kind)
    {
        var registry = await RegistryAsync(kind);
        NodeOrder[] orders = [NodeOrder.Drain("a"), NodeOrder.Load("a", "facebook/musicgen|small: ü"), NodeOrder.Unload("a", "x")];
        foreach (var order in orders.Concat(orders))
            await registry.GiveAsync(order, Ct);

        Assert.Equivalent(orders, (await registry.ReadAsync(Ct)).Orders, strict: true);
        foreach (var order in orders)
            await registry.WithdrawAsync(order, Ct);
        Assert.Empty((await registry.ReadAsync(Ct)).Orders);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Sixteen_nodes_that_speak_and_leave_at_once_lose_nobody(RedisKind kind)
    {
        var registries = new List<RedisNodeRegistry>();
        while (registries.Count < 16)
            registries.Add(await RegistryAsync(kind));
        await Task.WhenAll(registries.Select(async (registry, i) =>
        {
            for (var round = 0; round < 10; round++)
            {
                await registry.AnnounceAsync(Named($"n{i:00}-"));
                Assert.NotNull(Of(registry, $"n{i:00}-"));
                if (i % 2 == 1)
                    await registry.LeaveAsync(Named($"n{i:00}-").Name);
            }
        }));

        var left = (await registries[0].ReadAsync(Ct)).Nodes.Select(n => n.State.Name).ToList();
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"n{2 * i:00}-"), left);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static KnownNode? Of(RedisNodeRegistry registry, string name) => Of(registry.Board, name);

    private static KnownNode? Of(NodeBoard board, string name) => board.Nodes.SingleOrDefault(n => n.State.Name == name);

    private static NodeState Named(string name) => new() { Name = name, Role = NodeRole.All, Version = "2.0", StartedAt = DateTimeOffset.UnixEpoch };

    private async Task<RedisNodeRegistry> RegistryAsync(RedisKind kind) =>
        new((await _redis.NodeAsync(kind)).GetDatabase(), new RedisClock(_clock));

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UtcNow;

        public void Advance(TimeSpan time) => _now += time;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
