using System.Diagnostics.Metrics;

namespace MusicGen.Application.Pipeline;

/// <summary>What the product counts of itself, for /metrics and OTLP. Names and codes only: nobody can be found in it.</summary>
public static class Telemetry
{
    public const string MeterName = "MusicGen";

    /// <summary>All instruments belong to it.</summary>
    public static Meter Meter { get; } = new(MeterName);

    private static readonly Counter<long> Commands =
        Meter.CreateCounter<long>("musicgen.commands", "{command}", "Commands and queries by outcome: ok, abandoned, or the code of the refusal.");

    private static readonly Histogram<double> CommandDuration =
        Meter.CreateHistogram<double>("musicgen.command.duration", "s", "How long commands and queries took.");

    private static readonly Counter<long> AuditFailures =
        Meter.CreateCounter<long>("musicgen.audit.failures", "{failure}", "Commands that the audit trail could not take: refused before, or done without their outcome.");

    private static readonly Counter<long> TasksEnded =
        Meter.CreateCounter<long>("musicgen.tasks.ended", "{task}", "Tasks that ran to an end on this node.");

    internal static void CommandEnded(string request, string outcome, double milliseconds)
    {
        var name = new KeyValuePair<string, object?>("command", request);
        Commands.Add(1, name, new KeyValuePair<string, object?>("outcome", outcome));
        CommandDuration.Record(milliseconds / 1000, name);
    }

    internal static void AuditFailed(string moment) => AuditFailures.Add(1, new KeyValuePair<string, object?>("moment", moment));

    internal static void TaskEnded(string status, string engine) =>
        TasksEnded.Add(1, new KeyValuePair<string, object?>("status", status), new KeyValuePair<string, object?>("engine", engine));
}
