using MusicGen.Domain.Identity;

namespace MusicGen.Domain.Generations;

/// <summary>Bounds of a clip's length in seconds.</summary>
public static class ClipDuration
{
    public const double MinSeconds = 1;
    public const double MaxSeconds = 300;
    public const double DefaultSeconds = 10;

    public static double MaxFor(Tier tier) => tier switch
    {
        Tier.Free => 60,
        Tier.Premium => 120,
        Tier.Enterprise => MaxSeconds,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
    };

    /// <summary>Fractions go down to a millisecond.</summary>
    public static bool IsWholeMilliseconds(double seconds) =>
        Math.Abs((seconds * 1000) - Math.Round(seconds * 1000)) < 1e-6;
}
