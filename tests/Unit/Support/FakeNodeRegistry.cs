using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;

namespace MusicGen.Unit.Support;

/// <summary>A board that the test writes on; no node follows its orders.</summary>
internal sealed class FakeNodeRegistry : INodeRegistry
{
    private readonly HashSet<NodeOrder> _orders = [];

    public List<KnownNode> Nodes { get; } = [];

    public NodeBoard Board => new(Nodes, _orders.ToHashSet());

    public Task<NodeBoard> ReadAsync(CancellationToken ct) => Task.FromResult(Board);

    public Task GiveAsync(NodeOrder order, CancellationToken ct) => Task.FromResult(_orders.Add(order));

    public Task WithdrawAsync(NodeOrder order, CancellationToken ct) => Task.FromResult(_orders.Remove(order));

    /// <summary>Adds a node with a worker for each tier.</summary>
    public void Add(NodeState state, TimeSpan silence = default) => Nodes.Add(new KnownNode(
        state with { Workers = Enum.GetValues<Tier>().ToDictionary(t => t.Name(), _ => 1, StringComparer.Ordinal) }, silence));
}
