namespace MusicGen.Programs.Capacity;

internal static class Quantile
{
    /// <summary>The smallest value that at least this share of the values doesn't exceed; 0 of none.</summary>
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
