using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>How many tasks run and wait. Every tier has workers of its own, so that none starves.</summary>
public sealed class QueueOptions
{
    public const string Section = "Queue";

    /// <summary>Tasks of free users that run at once on this node; 0 leaves them to other nodes.</summary>
    [Range(0, 64)]
    public int FreeWorkers { get; init; } = 1;

    [Range(0, 64)]
    public int PremiumWorkers { get; init; } = 1;

    [Range(0, 64)]
    public int EnterpriseWorkers { get; init; } = 2;

    /// <summary>Tasks that may wait in each tier, all nodes together; beyond it a request is refused.</summary>
    [Range(1, 10_000)]
    public int MaxWaiting { get; init; } = 500;

    public int WorkersOf(Tier tier) => tier switch
    {
        Tier.Free => FreeWorkers,
        Tier.Premium => PremiumWorkers,
        Tier.Enterprise => EnterpriseWorkers,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
    };
}

[OptionsValidator]
internal sealed partial class QueueOptionsValidator : IValidateOptions<QueueOptions>;
