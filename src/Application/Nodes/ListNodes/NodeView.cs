namespace MusicGen.Application.Nodes.ListNodes;

/// <summary>What administrators see of the nodes.</summary>
/// <param name="Items">All that were heard of in the last ten minutes.</param>
/// <param name="ForgottenToDrain">Names of others that are to take no task if they come back.</param>
public sealed record NodeList(IReadOnlyList<NodeView> Items, IReadOnlyList<string> ForgottenToDrain);

/// <summary>A node as administrators see it.</summary>
/// <param name="Name">NODE_NAME.</param>
/// <param name="Role">all, api or worker.</param>
/// <param name="Version">Of its program.</param>
/// <param name="StartedAt">Of its process.</param>
/// <param name="Alive">Whether it was heard of in the last five seconds and hasn't left.</param>
/// <param name="Left">Whether it stopped in good order; who neither lives nor left is lost.</param>
/// <param name="SilentSeconds">Since its last word.</param>
/// <param name="Draining">Whether it takes no new task: it stops, or was asked to drain.</param>
/// <param name="DrainOrdered">Whether it was asked to, so that it can be resumed.</param>
/// <param name="Workers">Tasks that it runs at once, by tier.</param>
/// <param name="Tasks">Ids of those that it works on.</param>
/// <param name="Devices">What it computes on.</param>
/// <param name="Models">What it can make music with.</param>
/// <param name="Problems">What it lacks, in words for operators.</param>
public sealed record NodeView(
    string Name, string Role, string Version, DateTimeOffset StartedAt, bool Alive, bool Left, double SilentSeconds, bool Draining, bool DrainOrdered,
    IReadOnlyDictionary<string, int> Workers, IReadOnlyList<string> Tasks, IReadOnlyList<DeviceView> Devices, IReadOnlyList<NodeModelView> Models,
    IReadOnlyList<string> Problems)
{
    internal static NodeView Of(KnownNode node, NodeBoard board)
    {
        var state = node.State;
        var drainOrdered = board.IsToDrain(state.Name);
        var models = state.Role == NodeRole.Api ? [] : state.Models; // it knows them, and never makes music
        return new NodeView(
            state.Name, state.Role.ToString().ToLowerInvariant(), state.Version, state.StartedAt, node.IsAlive, state.HasLeft, Math.Round(node.Silence.TotalSeconds, 1),
            state.IsDraining || drainOrdered, drainOrdered, state.Workers, state.Tasks, [.. state.Devices.Select(DeviceView.Of)],
            [.. models.Select(m => new NodeModelView(m.Id, m.Engine, m.Neural, m.Loaded, OrderOf(board, state.Name, m.Id)))], state.Problems);
    }

    private static string? OrderOf(NodeBoard board, string node, string model) =>
        board.Orders.Contains(NodeOrder.Load(node, model)) ? "load"
        : board.Orders.Contains(NodeOrder.Unload(node, model)) ? "unload"
        : null;
}

/// <summary>A device of a node.</summary>
/// <param name="Name">As in cpu or cuda:1.</param>
/// <param name="Engine">As tasks name it.</param>
/// <param name="MemoryLimit">Bytes that weights and caches may take; null where nobody can say.</param>
/// <param name="MemoryUsed">Bytes that they take.</param>
/// <param name="Songs">Under way and waiting.</param>
/// <param name="MostSongs">That share the passes of a model.</param>
/// <param name="Loaded">Ids of the models in its memory.</param>
public sealed record DeviceView(string Name, string Engine, long? MemoryLimit, long MemoryUsed, int Songs, int MostSongs, IReadOnlyList<string> Loaded)
{
    internal static DeviceView Of(DeviceState device) => new(
        device.Name, device.Engine, device.MemoryLimit == long.MaxValue ? null : device.MemoryLimit, device.MemoryUsed, device.Songs, device.MostSongs, device.Loaded);
}

/// <summary>A model of a node.</summary>
/// <param name="Id">As clients name it.</param>
/// <param name="Engine">The program behind it.</param>
/// <param name="Neural">Whether it has weights, which can be loaded and unloaded.</param>
/// <param name="Loaded">Whether it answers without loading first.</param>
/// <param name="Ordered">load or unload while the node hasn't followed yet; else null.</param>
public sealed record NodeModelView(string Id, string Engine, bool Neural, bool Loaded, string? Ordered);
