using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>How many tasks run and wait. Every tier has workers of its own, so that none starves.</summary>
public sealed class QueueOptions
{
    public const string Section = "Queue";

    /// <summary>The most workers of a tier.</summary>
    public const int MostWorkers = 256;

    /// <summary>The most that MaxWaiting may be.</summary>
    public const int MostWaiting = 10_000;

    /// <summary>Songs at once where no device says: what a small machine's processor makes.</summary>
    private const int FewestPlaces = 4;

    private int? _places;

    /// <summary>Tasks of free users that run at once on this node; 0 leaves them to other nodes, null is a quarter of the places.</summary>
    [Range(0, MostWorkers)]
    public int? FreeWorkers { get; init; }

    [Range(0, MostWorkers)]
    public int? PremiumWorkers { get; init; }

    /// <summary>As <see cref="FreeWorkers"/>; null is half of the places.</summary>
    [Range(0, MostWorkers)]
    public int? EnterpriseWorkers { get; init; }

    /// <summary>Tasks that may wait in each tier, all nodes together; beyond it a request is refused.</summary>
    [Range(1, MostWaiting)]
    public int MaxWaiting { get; init; } = 500;

    /// <summary>Whether every tier is left to other nodes.</summary>
    internal bool LeavesAll => FreeWorkers == 0 && PremiumWorkers == 0 && EnterpriseWorkers == 0;

    /// <summary>Songs that the devices of this node make at once; asked when the first worker is counted, since it may load libtorch.</summary>
    internal Func<int> Places { get; set; } = () => 0;

    /// <summary>Workers of a tier. Without settings all tiers have at least as many together as there are places.</summary>
    public int WorkersOf(Tier tier) => tier switch
    {
        Tier.Free => FreeWorkers ?? Share(4),
        Tier.Premium => PremiumWorkers ?? Share(4),
        Tier.Enterprise => EnterpriseWorkers ?? Share(2),
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
    };

    private int Share(int parts)
    {
        var places = Math.Max(_places ??= Places(), FewestPlaces);
        return Math.Min((places + parts - 1) / parts, MostWorkers);
    }
}

[OptionsValidator]
internal sealed partial class QueueOptionsValidator : IValidateOptions<QueueOptions>;

/// <summary>A node that makes music has somebody to do it.</summary>
internal sealed class QueueWorkersValidator(IOptions<NodeOptions> node) : IValidateOptions<QueueOptions>
{
    public ValidateOptionsResult Validate(string? name, QueueOptions options) => options.LeavesAll && node.Value.Role != NodeRole.Api
        ? ValidateOptionsResult.Fail("QUEUE_FREE_WORKERS, QUEUE_PREMIUM_WORKERS, QUEUE_ENTERPRISE_WORKERS: are all 0, so this node would make no music. Leave it one, or set NODE_ROLE to api.")
        : ValidateOptionsResult.Success;
}
