using System.Diagnostics;
using System.Diagnostics.Metrics;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Pipeline;

/// <summary>What the product counts of itself, for /metrics and OTLP, and the spans of its traces. Ids, names and codes only: no text of anybody's.</summary>
public static class Telemetry
{
    /// <summary>Of the meter and of the source of spans.</summary>
    public const string Name = "MusicGen";

    /// <summary>A task's id, on every span that has to do with it.</summary>
    public const string TaskTag = "musicgen.task";

    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] Minutes = [1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600];

    // Outcomes that docs/alerts.yml waits for.
    private static readonly (string Command, string Outcome)[] Alarming =
        [("ReportReuseCommand", "ok"), ("RefreshCommand", "auth.refresh_reused"), ("LoginCommand", "auth.too_many_attempts")];

    /// <summary>All instruments belong to it.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>All spans belong to it.</summary>
    public static ActivitySource Source { get; } = new(Name);

    private static readonly Counter<long> Commands =
        Meter.CreateCounter<long>("musicgen.commands", "{command}", "Commands and queries by outcome: ok, abandoned, or the code of the refusal.");

    private static readonly Histogram<double> CommandDuration = Histogram("musicgen.command.duration", "How long commands and queries took.", Seconds);

    private static readonly Counter<long> AuditFailures =
        Meter.CreateCounter<long>("musicgen.audit.failures", "{failure}", "Commands that the audit trail could not take: refused before, or done without their outcome.");

    private static readonly Counter<long> TasksEnded =
        Meter.CreateCounter<long>("musicgen.tasks.ended", "{task}", "Tasks that ran to an end on this node, or that it gave up.");

    private static readonly Histogram<double> TaskWaiting = Histogram("musicgen.task.waiting", "How long tasks waited for this node's workers.", Minutes);

    private static readonly Histogram<double> TaskDuration = Histogram("musicgen.task.duration", "How long tasks ran on this node.", Minutes);

    /// <summary>Lets what is rare begin at zero, so that its first time is a rise and not a beginning.</summary>
    public static void Begin()
    {
        foreach (var moment in new[] { "before", "after" })
            AuditFailures.Add(0, new KeyValuePair<string, object?>("moment", moment));
        foreach (var (command, outcome) in Alarming)
            Commands.Add(0, new KeyValuePair<string, object?>("command", command), new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>The same for tasks that fail: which there may be depends on the models.</summary>
    public static void BeginFailures(Tier tier, string model, string engine) =>
        TasksEnded.Add(0, new TagList { { "status", Lower(GenerationStatus.Failed) }, { "tier", tier.Name() }, { "model", model }, { "engine", engine } });

    /// <summary>Counts a task that ended here: its worker's end, or that nobody makes it any more.</summary>
    public static void TaskEnded(Generation task, DateTimeOffset now)
    {
        var tags = new TagList { { "status", Lower(task.Status) }, { "tier", task.Tier.Name() }, { "model", task.Model } };
        if (task.StartedAt is { } started)
            TaskDuration.Record((now - started).TotalSeconds, tags);
        tags.Add("engine", task.Engine.Name);
        TasksEnded.Add(1, tags);
    }

    /// <summary>A histogram whose buckets fit what it measures.</summary>
    /// <param name="name">Of the instrument; its unit is the second.</param>
    /// <param name="description">For people.</param>
    /// <param name="bounds">Of the buckets, rising.</param>
    public static Histogram<double> Histogram(string name, string description, IReadOnlyList<double> bounds) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    /// <summary>Starts a span that outlives what is current on this thread, and so becomes current nowhere.</summary>
    public static Activity? StartApart(string name)
    {
        var around = Activity.Current;
        var span = Source.StartActivity(name);
        Activity.Current = around;
        return span;
    }

    /// <summary>Ends such a span; again is harmless.</summary>
    public static void EndApart(Activity? span)
    {
        var around = Activity.Current;
        span?.Dispose();
        Activity.Current = around;
    }

    internal static void CommandEnded(string request, string outcome, double milliseconds)
    {
        var name = new KeyValuePair<string, object?>("command", request);
        Commands.Add(1, name, new KeyValuePair<string, object?>("outcome", outcome));
        CommandDuration.Record(milliseconds / 1000, name);
    }

    internal static void AuditFailed(string moment) => AuditFailures.Add(1, new KeyValuePair<string, object?>("moment", moment));

    internal static void TaskStarted(Generation task, DateTimeOffset now) =>
        TaskWaiting.Record((now - task.CreatedAt).TotalSeconds, new KeyValuePair<string, object?>("tier", task.Tier.Name()));

    private static string Lower(GenerationStatus status) => status.ToString().ToLowerInvariant();
}
