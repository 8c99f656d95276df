using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Nodes.ListTasks;

/// <summary>
/// A task as administrators see it. They look after its way through the service, so there is nothing in it of what its owner
/// wrote or hears: no prompt, no parameters, no sound.
/// </summary>
/// <param name="TaskId">UUIDv7.</param>
/// <param name="UserId">The owner's.</param>
/// <param name="Tier">Whose queue it is in.</param>
/// <param name="Model">The model's id.</param>
/// <param name="Status">pending, processing, completed, failed or cancelled.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="Seconds">Of music that were asked for.</param>
/// <param name="Node">Who works on it; null while nobody does, or has just begun.</param>
/// <param name="Attempts">How often it was started.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="StartedAt">When a worker took it.</param>
/// <param name="CompletedAt">When it ended, well or not.</param>
public sealed record TaskView(
    string TaskId, string UserId, string Tier, string Model, string Status, double Progress, double Seconds, string? Node, int Attempts,
    TaskErrorView? Error, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt)
{
    internal static TaskView Of(Generation task, StepsDone steps, string? node) => new(
        task.Id.ToString(), task.UserId.ToString(), task.Tier.Name(), task.Model, GenerationView.NameOf(task.Status), ProgressOf(task, steps),
        task.RequestedSeconds, node, task.Attempts, task.ErrorCode is null ? null : new TaskErrorView(task.ErrorCode, task.ErrorMessage ?? string.Empty),
        task.CreatedAt, task.StartedAt, task.CompletedAt);

    private static double ProgressOf(Generation task, StepsDone steps) =>
        task.Status == GenerationStatus.Completed ? 1 : steps.Total == 0 ? 0 : Math.Clamp((double)steps.Done / steps.Total, 0, 1);
}
