namespace MusicGen.Programs.Scans;

/// <param name="Kind">What the scanner calls it.</param>
/// <param name="Where">Path, directive or test.</param>
/// <param name="Words">The scanner's own.</param>
internal sealed record Finding(string Kind, string Where, string Words);

/// <summary>A finding that may stand, with the reason, which docs/scans.md repeats.</summary>
internal sealed record Accepted(string Kind, string Where, string Reason)
{
    /// <summary>Prints what was found; what nobody accepted stands.</summary>
    /// <returns>Whether nothing stands.</returns>
    public static bool Judge(string scan, IReadOnlyList<Finding> findings, IReadOnlyList<Accepted> accepted)
    {
        var stands = 0;
        foreach (var group in findings.GroupBy(f => (f.Kind, f.Where)))
        {
            var reason = accepted.FirstOrDefault(a => a.Kind == group.Key.Kind && (a.Where.Length == 0 || group.Key.Where == a.Where))?.Reason;
            stands += reason is null ? 1 : 0;
            Console.WriteLine($"{(reason is null ? "STANDS" : "accepted")}: {group.Key.Kind}, {group.Key.Where}: {(reason ?? group.First().Words).ReplaceLineEndings(" ")}");
        }

        Console.WriteLine($"{scan}: {findings.Count} findings, {stands} stand");
        return stands == 0;
    }
}
