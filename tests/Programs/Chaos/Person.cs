using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace MusicGen.Programs.Chaos;

/// <summary>An account, and what its owner knows of it: which tasks were accepted, and how they ended.</summary>
internal sealed class Person(int number)
{
    private static readonly TimeSpan DoubtFor = TimeSpan.FromSeconds(30);

    private long _doubtUntil;

    public string Email { get; } = $"person{number}@example.org";

    public string Username { get; } = $"person{number}";

    public string Password { get; } = $"violet teapot {number} orbit";

    public string Id { get; set; } = string.Empty;

    /// <summary>Of signing in and of ending sessions in bulk: one at a time, so that it is known which sessions were there.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public ConcurrentDictionary<string, Session> Sessions { get; } = new(StringComparer.Ordinal);

    /// <summary>Accepted tasks with the status in which their owner saw them end; null until then.</summary>
    public ConcurrentDictionary<string, string?> Tasks { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests whose answer never came, by their key: they may be tasks.</summary>
    public ConcurrentDictionary<string, object> Unanswered { get; } = new(StringComparer.Ordinal);

    /// <summary>A request to end all sessions that was given up may still be carried out by a node that sleeps.</summary>
    public bool IsInDoubt => Stopwatch.GetTimestamp() < Volatile.Read(ref _doubtUntil);

    public void Doubt() => Volatile.Write(ref _doubtUntil, Stopwatch.GetTimestamp() + (long)(DoubtFor.TotalSeconds * Stopwatch.Frequency));

    public void Saw(JsonElement task, Findings findings)
    {
        var (id, status) = (task.GetProperty("task_id").GetString()!, task.GetProperty("status").GetString()!);
        if (status is "pending" or "processing")
        {
            if (Tasks.GetValueOrDefault(id) is { } ended)
                findings.Violation($"task {id} was {ended} and is {status} again");
            return;
        }

        var before = Tasks.GetValueOrDefault(id);
        if (before is not null && before != status)
            findings.Violation($"task {id} was {before} and is {status}");
        Tasks[id] = status;
    }
}
