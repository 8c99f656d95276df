using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;
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
    public async Task A_node_is_seen_as_it_is_and_after_its_good_bye_as_one_that_left_not_as_a_lost_one(RedisKind kind)
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
        await a.LeaveAsync(said);
        foreach (var wait in new[] { 0, 590 })
        {
            _clock.Advance(TimeSpan.FromSeconds(wait));
            await b.AnnounceAsync(Named("b"));
            var left = Of(b, "a")!;
            Assert.Equal((true, false, false, false), (left.State.HasLeft, left.IsAlive, left.IsLost, left.TakesTasks));
            Assert.Equal([("m/x", false)], left.State.Models.Select(m => (m.Id, m.Loaded)));
            Assert.Empty(left.State.Tasks);
        }

        _clock.Advance(TimeSpan.FromSeconds(11));
        await b.AnnounceAsync(Named("b"));
        Assert.Null(Of(b, "a"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_silent_node_is_lost_after_five_seconds_and_forgotten_after_ten_minutes(RedisKind kind)
    {
        var (a, b) = (await RegistryAsync(kind), await RegistryAsync(kind));
        await a.AnnounceAsync(Named("a"));

        var states = new List<(bool?, bool?)>();
        foreach (var wait in new[] { 4.9, 0.2, 594, 1 })
        {
            _clock.Advance(TimeSpan.FromSeconds(wait));
            await b.AnnounceAsync(Named("b"));
            states.Add((Of(b, "a")?.IsAlive, Of(b, "a")?.IsLost));
        }

        Assert.Equal([(true, false), (false, true), (false, true), (null, null)], states);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Two_processes_of_one_name_hear_of_each_other_and_a_restart_takes_the_name_over(RedisKind kind)
    {
        var (a, twin) = (await RegistryAsync(kind), await RegistryAsync(kind));
        Assert.Equal(new WordAnswer(null, WasKnown: false), await a.AnnounceAsync(Named("a")));
        Assert.Equal(new WordAnswer(null, WasKnown: true), await a.AnnounceAsync(Named("a")));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new WordAnswer(TimeSpan.FromSeconds(1), WasKnown: true), await twin.AnnounceAsync(Named("a")));

        await a.LeaveAsync(Named("a")); // the old process's good-bye doesn't take the new one away
        Assert.True(Of(await twin.ReadAsync(Ct), "a")!.IsAlive);

        await twin.LeaveAsync(Named("a")); // and who left is nobody's namesake
        Assert.Equal(new WordAnswer(null, WasKnown: true), await a.AnnounceAsync(Named("a")));
        Assert.True(Of(await twin.ReadAsync(Ct), "a")!.IsAlive);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Orders_stand_until_they_are_withdrawn_whatever_a_model_is_called(RedisKind kind)
    {
        var registry = await RegistryAsync(kind);
        await registry.AnnounceAsync(Named("a"));
        NodeOrder[] orders = [NodeOrder.Drain("a"), NodeOrder.Load("a", "facebook/musicgen|small: ü"), NodeOrder.Unload("a", "x")];
        foreach (var order in orders.Concat(orders))
            await registry.GiveAsync(order, Ct);

        Assert.Equivalent(orders, (await registry.ReadAsync(Ct)).Orders, strict: true);
        foreach (var order in orders)
            await registry.WithdrawAsync(order, Ct);
        Assert.Empty((await registry.ReadAsync(Ct)).Orders);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Orders_for_models_end_with_their_node_and_one_to_drain_it_stands_until_thirty_days_after_its_last_word(RedisKind kind)
    {
        var (a, b) = (await RegistryAsync(kind), await RegistryAsync(kind));
        await a.AnnounceAsync(Named("a"));
        foreach (var order in new[] { NodeOrder.Drain("a"), NodeOrder.Load("a", "m/x"), NodeOrder.Unload("a", "m/y"), NodeOrder.Load("nobody", "m/x"), NodeOrder.Pause(Tier.Free) })
            await b.GiveAsync(order, Ct);
        Assert.Equal(4, (await b.ReadAsync(Ct)).Orders.Count); // who was never there is given none
        for (var day = 0; day < 40; day++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            await a.AnnounceAsync(Named("a")); // it lives for longer than the order would stand without it
        }

        await b.GiveAsync(NodeOrder.Load("a", "m/x"), Ct);
        await a.LeaveAsync(Named("a"));
        Assert.Contains(NodeOrder.Load("a", "m/x"), (await b.ReadAsync(Ct)).Orders);
        _clock.Advance(KnownNode.Memory);
        var forgotten = await b.ReadAsync(Ct);
        Assert.Empty(forgotten.Nodes);
        Assert.Equivalent(new[] { NodeOrder.Drain("a"), NodeOrder.Pause(Tier.Free) }, forgotten.Orders, strict: true);
        Assert.Equal(["a"], forgotten.ForgottenToDrain);

        _clock.Advance(TimeSpan.FromDays(29));
        Assert.True((await b.ReadAsync(Ct)).IsToDrain("a"));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equivalent(new[] { NodeOrder.Pause(Tier.Free) }, (await b.ReadAsync(Ct)).Orders, strict: true);
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
                Assert.True(Of(registry, $"n{i:00}-")!.IsAlive);
                if (i % 2 == 1)
                    await registry.LeaveAsync(Named($"n{i:00}-"));
            }
        }));

        var nodes = (await registries[0].ReadAsync(Ct)).Nodes;
        Assert.Equal(Enumerable.Range(0, 16).Select(i => ($"n{i:00}-", i % 2 == 1)), nodes.Select(n => (n.State.Name, n.State.HasLeft)));
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
