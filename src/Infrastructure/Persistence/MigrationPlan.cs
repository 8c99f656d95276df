namespace MusicGen.Infrastructure.Persistence;

/// <summary>
/// What a program does to a database of some state. Its migrations expand, so that the previous version's nodes go on;
/// one that takes something away is named <c>Contract…</c>, and put off until a version comes that has a later one.
/// </summary>
/// <param name="Pending">The migrations to run, in order.</param>
/// <param name="Newer">Those that another program ran and this one doesn't know.</param>
internal sealed record MigrationPlan(IReadOnlyList<string> Pending, IReadOnlyList<string> Newer)
{
    /// <summary>Where the name of a migration begins, behind its time and an underscore.</summary>
    private const int NameStart = 15;

    /// <param name="known">The program's migrations, in order.</param>
    /// <param name="applied">The database's; none is a new one, which nobody else uses yet.</param>
    public static MigrationPlan Of(IReadOnlyList<string> known, IReadOnlyCollection<string> applied)
    {
        var last = applied.Count == 0 ? known.Count : Expanded(known);
        return new MigrationPlan(
            [.. known.Take(last).Except(applied, StringComparer.Ordinal)],
            [.. applied.Except(known, StringComparer.Ordinal)]);
    }

    /// <summary>How many migrations there are up to the last that expands.</summary>
    public static int Expanded(IReadOnlyList<string> known) => known.Count - known.Reverse().TakeWhile(IsContract).Count();

    /// <summary>Whether a migration, by its id, breaks programs that don't know it.</summary>
    public static bool IsContract(string id) => id.AsSpan(Math.Min(NameStart, id.Length)).StartsWith("Contract", StringComparison.Ordinal);
}
