using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>What this process is among the nodes of the service.</summary>
public sealed class NodeOptions
{
    public const string Section = "Node";

    // Tasks go back to their queue, entries to the trail, good-byes to the other nodes.
    private static readonly TimeSpan TimeToPutAway = TimeSpan.FromSeconds(5);

    /// <summary>NODE_ROLE.</summary>
    public NodeRole Role { get; init; }

    /// <summary>NODE_NAME: unique in the service; the machine's name and the port where nobody chose one.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", ErrorMessage = "NODE_NAME: letters, digits, '.', '_', ':' and '-', 64 at most.")]
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>SHUTDOWN_GRACE_SECONDS: from the first sign of a stop to the end of the process.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>SHUTDOWN_NOTICE_SECONDS: of the grace, how long it serves on although it isn't ready.</summary>
    public TimeSpan ShutdownNotice { get; init; }

    /// <summary>From the first sign of a stop until what is under way is cut off; the rest of the grace is for putting it away.</summary>
    public TimeSpan TimeToFinish => ShutdownGrace > 2 * TimeToPutAway ? ShutdownGrace - TimeToPutAway : ShutdownGrace / 2;

    /// <summary>A waiting task fails when its model was offered by nobody for so long.</summary>
    public TimeSpan ModelMemory { get; init; } = KnownNode.Memory;

    /// <summary>The program's version.</summary>
    public string Version { get; init; } = "unknown";
}

[OptionsValidator]
internal sealed partial class NodeOptionsValidator : IValidateOptions<NodeOptions>;
