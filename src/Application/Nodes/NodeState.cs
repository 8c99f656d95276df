using MusicGen.Application.Generations;

namespace MusicGen.Application.Nodes;

/// <summary>What a node says of itself, every second.</summary>
public sealed record NodeState
{
    /// <summary>NODE_NAME: unique in the service, the same after a restart.</summary>
    public required string Name { get; init; }

    public required NodeRole Role { get; init; }

    /// <summary>Of the program.</summary>
    public required string Version { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Whether it takes no new task: it stops, or an administrator asked it to.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Tasks of each tier that it runs at once, by the tier's name.</summary>
    public IReadOnlyDictionary<string, int> Workers { get; init; } = new Dictionary<string, int>();

    /// <summary>Ids of the tasks that it works on.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    public IReadOnlyList<DeviceState> Devices { get; init; } = [];

    /// <summary>What it can make music with, its default first.</summary>
    public IReadOnlyList<MusicModel> Models { get; init; } = [];

    /// <summary>What it lacks, in words for operators: models that it has and can't offer, each with the reason.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>A node as the others see it.</summary>
/// <param name="State">What it said last.</param>
/// <param name="Silence">Since then.</param>
public sealed record KnownNode(NodeState State, TimeSpan Silence)
{
    /// <summary>A node that is silent for so long is lost; its tasks' leases have ended by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A lost node's models are remembered for so long, so that tasks may wait for its return.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    public bool IsAlive => Silence < Patience;

    /// <summary>Whether it takes tasks.</summary>
    public bool TakesTasks => IsAlive && !State.IsDraining && State.Role != NodeRole.Api;
}
