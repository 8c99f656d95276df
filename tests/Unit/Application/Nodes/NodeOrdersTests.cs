using MediatR;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Application.Nodes.DrainNode;
using MusicGen.Application.Nodes.ListNodes;
using MusicGen.Application.Nodes.LoadModel;
using MusicGen.Application.Nodes.PauseTier;
using MusicGen.Application.Nodes.ResumeNode;
using MusicGen.Application.Nodes.ResumeTier;
using MusicGen.Application.Nodes.UnloadModel;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Nodes;

/// <summary>What administrators order of nodes and tiers, and what they are told instead.</summary>
public sealed class NodeOrdersTests : IDisposable
{
    private readonly GenerationWorld _world = new();

    [Fact]
    public async Task Every_order_stands_on_the_board_until_it_is_taken_back_and_again_is_the_same()
    {
        _world.Nodes.Add(Node("gpu"));

        foreach (var order in (IRequest<Result<None>>[])[new DrainNodeCommand("gpu"), new DrainNodeCommand("gpu"), new PauseTierCommand("pro"), new LoadModelCommand("gpu", "m/x")])
            Assert.True((await _world.SendAsync(order)).IsSuccess);
        Assert.Equivalent(new[] { NodeOrder.Drain("gpu"), NodeOrder.Pause(Tier.Premium), NodeOrder.Load("gpu", "m/x") }, _world.Nodes.Board.Orders, strict: true);

        foreach (var order in (IRequest<Result<None>>[])[new ResumeNodeCommand("gpu"), new ResumeTierCommand("premium"), new ResumeTierCommand("premium"), new UnloadModelCommand("gpu", "m/x")])
            Assert.True((await _world.SendAsync(order)).IsSuccess);
        Assert.Equivalent(new[] { NodeOrder.Unload("gpu", "m/x") }, _world.Nodes.Board.Orders, strict: true); // of two that contradict each other the later one
    }

    [Fact]
    public async Task What_cant_be_done_is_refused_with_a_reason_and_orders_nothing()
    {
        _world.Nodes.Add(Node("gpu"));
        _world.Nodes.Add(Node("lost"), KnownNode.Patience);
        _world.Nodes.Nodes.Add(new KnownNode(Node("left").AsLastWord(), TimeSpan.FromSeconds(1)));
        _world.Nodes.Add(Node("front") with { Role = NodeRole.Api });

        Assert.Equal("node.not_found", await CodeAsync(new DrainNodeCommand("cpu")));
        Assert.Equal("node.not_found", await CodeAsync(new ResumeNodeCommand("cpu")));
        Assert.Equal("node.not_found", await CodeAsync(new LoadModelCommand("cpu", "m/x")));
        Assert.Equal("node.lost", await CodeAsync(new LoadModelCommand("lost", "m/x")));
        Assert.Equal("node.lost", await CodeAsync(new UnloadModelCommand("lost", "m/x")));
        Assert.Equal("node.lost", await CodeAsync(new LoadModelCommand("left", "m/x")));
        Assert.Equal("model.not_found", await CodeAsync(new LoadModelCommand("gpu", "m/y")));
        Assert.Equal("model.not_found", await CodeAsync(new UnloadModelCommand("front", "m/x"))); // it never makes music
        Assert.Equal("model.built_in", await CodeAsync(new UnloadModelCommand("gpu", "composer")));
        Assert.Equal("request.invalid", await CodeAsync(new PauseTierCommand("gold")));
        Assert.Equal("request.invalid", await CodeAsync(new DrainNodeCommand("")));
        Assert.Equal("request.invalid", await CodeAsync(new LoadModelCommand("gpu", new string('x', 151))));
        Assert.Empty(_world.Nodes.Board.Orders);
    }

    [Fact]
    public async Task A_lost_node_can_be_drained_and_one_that_is_forgotten_resumed()
    {
        _world.Nodes.Add(Node("lost"), TimeSpan.FromMinutes(1));
        Assert.True((await _world.SendAsync(new DrainNodeCommand("lost"))).IsSuccess);
        Assert.True(_world.Nodes.Board.IsToDrain("lost"));

        _world.Nodes.Nodes.Clear();

        Assert.Equal(["lost"], (await _world.SendAsync(new ListNodesQuery())).Value.ForgottenToDrain);
        Assert.True((await _world.SendAsync(new ResumeNodeCommand("lost"))).IsSuccess);
        Assert.Empty((await _world.SendAsync(new ListNodesQuery())).Value.ForgottenToDrain);
        Assert.False(_world.Nodes.Board.IsToDrain("lost"));
    }

    [Fact]
    public async Task The_list_tells_of_each_node_what_stands_on_the_board()
    {
        _world.Nodes.Add(Node("front") with { Role = NodeRole.Api });
        _world.Nodes.Add(Node("gpu") with { Tasks = ["01a"], Problems = ["m/y: too big"], Devices = [new DeviceState("cuda:1", "torch", 80, 20, 2, 8, ["m/x"]), new DeviceState("cpu", "decoder", long.MaxValue, 1, 0, 4, [])] });
        _world.Nodes.Add(Node("lost") with { IsDraining = true }, TimeSpan.FromSeconds(61));
        _world.Nodes.Nodes.Add(new KnownNode(Node("left").AsLastWord(), TimeSpan.FromSeconds(3)));
        await _world.SendAsync(new DrainNodeCommand("gpu"));
        await _world.SendAsync(new LoadModelCommand("gpu", "m/x"));

        var nodes = (await _world.SendAsync(new ListNodesQuery())).Value.Items;

        Assert.Equal(
            [("front", "api", true, false, false, false), ("gpu", "all", true, false, true, true), ("lost", "all", false, false, true, false), ("left", "all", false, true, true, false)],
            nodes.Select(n => (n.Name, n.Role, n.Alive, n.Left, n.Draining, n.DrainOrdered)));
        Assert.Equal(61, nodes[2].SilentSeconds);
        Assert.Empty(nodes[0].Models);
        Assert.Equal([("composer", false, null), ("m/x", true, "load")], nodes[1].Models.Select(m => (m.Id, m.Neural, m.Ordered)));
        Assert.Equal([("cuda:1", "torch", 80, 20, 2, 8), ("cpu", "decoder", null, 1, 0, 4)], nodes[1].Devices.Select(d => (d.Name, d.Engine, d.MemoryLimit, d.MemoryUsed, d.Songs, d.MostSongs)));
        Assert.Equal(["01a"], nodes[1].Tasks);
        Assert.Equal(["m/y: too big"], nodes[1].Problems);
    }

    [Fact]
    public async Task Each_order_leaves_its_trace_refusals_included()
    {
        _world.Nodes.Add(Node("gpu"));
        await _world.SendAsync(new LoadModelCommand("gpu", "m/x"));
        await _world.SendAsync(new DrainNodeCommand("cpu"));
        await _world.SendAsync(new PauseTierCommand("free"));

        Assert.Equal(
            [("nodes.load_model", "node:gpu/model:m/x", null), ("nodes.drain", "node:cpu", "node.not_found"), ("nodes.pause_tier", "tier:free", null)],
            _world.Entries.Where(e => e.Outcome != AuditOutcome.Attempted).Select(e => (e.Action, e.Subject, e.Reason)));
    }

    [Fact]
    public void Each_hand_laid_on_nodes_and_queues_asks_for_a_recent_proof()
    {
        var commands = typeof(NodeBoard).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Command", StringComparison.Ordinal) && (t.Namespace!.Contains(".Nodes.", StringComparison.Ordinal) || t.Name is "CancelTaskCommand" or "RequeueTaskCommand"))
            .ToList();

        Assert.Equal(8, commands.Count);
        Assert.All(commands, c => Assert.True(typeof(IRequiresRecentProof).IsAssignableFrom(c), c.Name));
    }

    public void Dispose() => _world.Dispose();

    private async Task<string?> CodeAsync(IRequest<Result<None>> order) => (await _world.SendAsync(order)) is { IsSuccess: false } refused ? refused.Error.Code : null;

    private static NodeState Node(string name) => new()
    {
        Name = name,
        Role = NodeRole.All,
        Version = "1.0",
        StartedAt = DateTimeOffset.UnixEpoch,
        Models = [Model("composer", neural: false), Model("m/x", neural: true)],
    };

    private static MusicModel Model(string id, bool neural) => new(id, "engine", neural, [32000], 1, 30, "MIT", Loaded: !neural, []);
}
