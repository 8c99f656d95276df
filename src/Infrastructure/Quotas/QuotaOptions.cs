using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;

namespace MusicGen.Infrastructure.Quotas;

/// <summary>What each tier may make: QUOTA_TIER_….</summary>
public sealed class QuotaOptions
{
    public const string Section = "Quotas";

    [Required, ValidateObjectMembers]
    public TierQuota Free { get; init; } = new() { Minute = 2, Hour = 10, Day = 50, AudioSeconds = 1_800 };

    [Required, ValidateObjectMembers]
    public TierQuota Premium { get; init; } = new() { Minute = 10, Hour = 100, Day = 1_000, AudioSeconds = 60_000 };

    [Required, ValidateObjectMembers]
    public TierQuota Enterprise { get; init; } = new() { Minute = 50, Hour = 500, Day = 10_000, AudioSeconds = 1_000_000 };

    public QuotaPlan PlanOf(Tier tier)
    {
        var quota = tier switch
        {
            Tier.Free => Free,
            Tier.Premium => Premium,
            Tier.Enterprise => Enterprise,
            _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
        };
        return new QuotaPlan(quota.Minute, quota.Hour, quota.Day, quota.AudioSeconds);
    }
}

/// <summary>Generations in rolling windows, and audio seconds in a rolling day.</summary>
public sealed class TierQuota
{
    private const int Most = 100_000_000;

    [Range(0, Most)]
    public int Minute { get; init; }

    [Range(0, Most)]
    public int Hour { get; init; }

    [Range(0, Most)]
    public int Day { get; init; }

    [Range(0, Most)]
    public int AudioSeconds { get; init; }
}

[OptionsValidator]
internal sealed partial class QuotaOptionsValidator : IValidateOptions<QuotaOptions>;
