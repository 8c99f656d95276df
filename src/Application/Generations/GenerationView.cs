using System.Globalization;
using MusicGen.Application.Auditing;
using MusicGen.Application.Quotas;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>A task as the wire shows it.</summary>
/// <param name="TaskId">UUIDv7.</param>
/// <param name="Status">pending, processing, completed, failed or cancelled.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="StepsDone">In steps of the engine's own.</param>
/// <param name="StepsTotal">0 until the engine has said.</param>
/// <param name="PositionInQueue">0 while running, from 1 while waiting, null when finished.</param>
/// <param name="EtaSeconds">From the measured step rate; null when unknown.</param>
/// <param name="AudioUrl">Relative; null without audio.</param>
/// <param name="Duration">Seconds of the real samples; null without audio.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="Seed">0 to 2^63-1.</param>
/// <param name="Model">The model's id.</param>
/// <param name="Engine">The program behind it.</param>
/// <param name="Neural">Whether a trained network makes the music.</param>
/// <param name="Prompt">As it came.</param>
/// <param name="Parameters">What was asked for, null where nothing was said.</param>
/// <param name="Understood">The words that the engine took from the prompt.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="StartedAt">When a worker took it.</param>
/// <param name="CompletedAt">When it ended, well or not.</param>
public sealed record GenerationView(
    string TaskId, string Status, double Progress, int StepsDone, int StepsTotal, int? PositionInQueue, double? EtaSeconds,
    string? AudioUrl, double? Duration, int? SampleRate, int? Channels, long Seed, string Model, string Engine, bool Neural,
    string Prompt, ParametersView Parameters, IReadOnlyList<string> Understood, TaskErrorView? Error,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt) : IAuditedResult, IQuotaUnused
{
    string? IAuditedResult.AuditSubject => $"generation:{TaskId}";

    // A repeated request may find its task failed, or cancelled before it started: that charge was given back.
    bool IQuotaUnused.IsUnused => Status == "failed" || (Status == "cancelled" && StartedAt is null);

    public override string ToString() => $"{nameof(GenerationView)} {TaskId}"; // keeps the prompt out of every log

    /// <summary>The wire's name of a status.</summary>
    public static string NameOf(GenerationStatus status) => status switch
    {
        GenerationStatus.Pending => "pending",
        GenerationStatus.Processing => "processing",
        GenerationStatus.Completed => "completed",
        GenerationStatus.Failed => "failed",
        GenerationStatus.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "There is no such status."),
    };

    internal static GenerationView Of(Generation task, StepsDone steps, int? position, double? etaSeconds) => new(
        task.Id.ToString(), NameOf(task.Status), task.Status == GenerationStatus.Completed ? 1 : Fraction(steps), steps.Done, steps.Total, position, etaSeconds,
        task.Status == GenerationStatus.Completed ? string.Create(CultureInfo.InvariantCulture, $"/api/v1/generate/{task.Id}/audio") : null,
        task.Duration, task.SampleRate, task.Channels, task.Seed, task.Model, task.Engine.Name, task.Neural,
        task.Prompt, ParametersView.Of(task), task.Understood,
        task.ErrorCode is null ? null : new TaskErrorView(task.ErrorCode, task.ErrorMessage ?? string.Empty),
        task.CreatedAt, task.StartedAt, task.CompletedAt);

    /// <summary>The same running task a few steps on.</summary>
    internal GenerationView WithSteps(StepsDone steps, DateTimeOffset now) => this with
    {
        StepsDone = steps.Done,
        StepsTotal = steps.Total,
        Progress = Fraction(steps),
        EtaSeconds = SecondsLeft(StartedAt, steps, now),
    };

    /// <summary>Seconds left at the rate measured since the start; null when there is none yet.</summary>
    internal static double? SecondsLeft(DateTimeOffset? startedAt, StepsDone steps, DateTimeOffset now) =>
        startedAt is { } started && steps.Done > 0
            ? Math.Round(Math.Max(0, (now - started).TotalSeconds / steps.Done * (steps.Total - steps.Done)), 1)
            : null;

    private static double Fraction(StepsDone steps) => steps.Total == 0 ? 0 : Math.Clamp((double)steps.Done / steps.Total, 0, 1);
}

/// <summary>Why a task failed, for programs and for people.</summary>
public sealed record TaskErrorView(string Code, string Message);

/// <summary>What the caller asked for; null where nothing was said. The duration is the asked one, in seconds.</summary>
public sealed record ParametersView(
    double Duration, double? Temperature, int? TopK, double? TopP, double? GuidanceScale, bool? DoSample, string? NegativePrompt,
    string? Genre, string? Mood, double? Tempo, string? Key, IReadOnlyList<string>? Instruments, int? SampleRate,
    string? ContinueFrom, string? MelodyFrom, string? Normalize)
{
    public override string ToString() => nameof(ParametersView); // keeps the words out of every log

    internal static ParametersView Of(Generation task)
    {
        var p = task.Parameters;
        return new ParametersView(
            task.RequestedSeconds, p.Temperature, p.TopK, p.TopP, p.GuidanceScale, p.DoSample, p.NegativePrompt,
            p.Genre, p.Mood, p.Tempo, p.Key, p.Instruments, p.SampleRate, p.ContinueFrom, p.MelodyFrom, p.Normalize);
    }
}
