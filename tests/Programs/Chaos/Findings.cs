using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MusicGen.Programs.Chaos;

/// <summary>What was seen in the run: how often what happened, and what must never happen, told at once.</summary>
internal sealed class Findings
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private int _violations;

    public int Violations => _violations;

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    public void Count(string what) => _counts.AddOrUpdate(what, 1, (_, n) => n + 1);

    public long CountOf(string what) => _counts.GetValueOrDefault(what);

    public void Violation(FormattableString what)
    {
        Interlocked.Increment(ref _violations);
        Say($"VIOLATION at {Now.TotalSeconds:0.0} s: {what.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Everything that was counted below a heading, as in "answers 200: 17, 503: 4".</summary>
    public string Totals(string heading) => string.Join(", ", _counts.Where(c => c.Key.StartsWith(heading + " ", StringComparison.Ordinal))
        .OrderBy(c => c.Key, StringComparer.Ordinal)
        .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key[(heading.Length + 1)..]}: {c.Value:N0}")));

    public static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
