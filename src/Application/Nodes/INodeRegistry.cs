using MusicGen.Domain.Identity;

namespace MusicGen.Application.Nodes;

/// <summary>The nodes of the service, and what administrators want of them. Kept in Redis.</summary>
public interface INodeRegistry
{
    /// <summary>As of a second ago; this node included once it has announced itself.</summary>
    NodeBoard Board { get; }

    /// <summary>As of now.</summary>
    Task<NodeBoard> ReadAsync(CancellationToken ct);

    /// <summary>Gives an order; the nodes follow within two seconds. Again is harmless.</summary>
    Task GiveAsync(NodeOrder order, CancellationToken ct);

    /// <summary>Takes an order back.</summary>
    Task WithdrawAsync(NodeOrder order, CancellationToken ct);
}

/// <summary>
/// All nodes that were heard of in the last ten minutes, by name, and the orders that stand. Orders for the models of a node
/// end when it is forgotten; one to drain it ends thirty days after its last word.
/// </summary>
public sealed record NodeBoard(IReadOnlyList<KnownNode> Nodes, IReadOnlySet<NodeOrder> Orders)
{
    public static readonly NodeBoard Empty = new([], new HashSet<NodeOrder>());

    public bool IsPaused(Tier tier) => Orders.Contains(NodeOrder.Pause(tier));

    public bool IsToDrain(string node) => Orders.Contains(NodeOrder.Drain(node));

    /// <summary>Names of nodes that are to drain and that nobody has heard of any more.</summary>
    public IEnumerable<string> ForgottenToDrain => Orders.Where(o => o.Kind == NodeOrderKind.Drain).Select(o => o.Subject)
        .Except(Nodes.Select(n => n.State.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal);
}

/// <summary>Something that an administrator wants: of a tier, of a node, or of a model on a node.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Subject">The tier's or the node's name.</param>
/// <param name="Model">A model's id, or null.</param>
public sealed record NodeOrder(NodeOrderKind Kind, string Subject, string? Model = null)
{
    /// <summary>No node takes tasks of the tier; they wait.</summary>
    public static NodeOrder Pause(Tier tier) => new(NodeOrderKind.Pause, tier.Name());

    /// <summary>The node takes no new task, also after a restart.</summary>
    public static NodeOrder Drain(string node) => new(NodeOrderKind.Drain, node);

    /// <summary>The node loads a model; the order ends when it has been tried.</summary>
    public static NodeOrder Load(string node, string model) => new(NodeOrderKind.Load, node, model);

    /// <summary>The node unloads a model as soon as no song uses it; the order ends then.</summary>
    public static NodeOrder Unload(string node, string model) => new(NodeOrderKind.Unload, node, model);
}

public enum NodeOrderKind
{
    Pause,
    Drain,
    Load,
    Unload,
}
