namespace MusicGen.Infrastructure;

/// <summary>How many threads the pool has from the beginning.</summary>
internal static class PoolThreads
{
    private const int BesideBlockingParts = 32;

    /// <summary>
    /// For a process with the embedded Redis or SQLite, which block pool threads for moments: the pool would grow by one or two
    /// a second only. Beside a Redis and a SQL Server of their own so many threads would but take the cores from each other.
    /// </summary>
    public static void PrepareForBlocking()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, BesideBlockingParts), completions);
    }
}
