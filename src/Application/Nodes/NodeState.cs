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

    /// <summary>Whether these were its last words: it stopped in good order, and is expected back or replaced.</summary>
    public bool HasLeft { get; init; }

    /// <summary>Tasks of each tier that it runs at once, by the tier's name.</summary>
    public IReadOnlyDictionary<string, int> Workers { get; init; } = new Dictionary<string, int>();

    /// <summary>Ids of the tasks that it works on.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    public IReadOnlyList<DeviceState> Devices { get; init; } = [];

    /// <summary>What it can make music with, its default first.</summary>
    public IReadOnlyList<MusicModel> Models { get; init; } = [];

    /// <summary>What it lacks, in words for operators: models that it has and can't offer, each with the reason.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What it says at its end: it does nothing, and what it can make music with is asked of it again when it is back.</summary>
    public NodeState AsLastWord() => this with
    {
        HasLeft = true,
        IsDraining = true,
        Workers = new Dictionary<string, int>(),
        Tasks = [],
        Devices = [],
        Models = [.. Models.Select(m => m with { Loaded = false })],
        Problems = [],
    };
}

/// <summary>A node as the others see it.</summary>
/// <param name="State">What it said last.</param>
/// <param name="Silence">Since then.</param>
public sealed record KnownNode(NodeState State, TimeSpan Silence)
{
    /// <summary>A node that is silent for so long, and said no good-bye, is lost; its tasks' leases have ended by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The models of a node that left or is lost are remembered for so long, so that tasks may wait for its return.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>An order to drain a node of which nobody has heard for so long ends.</summary>
    public static readonly TimeSpan DrainMemory = TimeSpan.FromDays(30);

    public bool IsAlive => !State.HasLeft && Silence < Patience;

    public bool IsLost => !State.HasLeft && Silence >= Patience;

    /// <summary>Whether it takes tasks.</summary>
    public bool TakesTasks => IsAlive && !State.IsDraining && State.Role != NodeRole.Api;
}
