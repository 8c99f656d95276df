using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>What became of a task that an administrator laid hands on.</summary>
/// <param name="TaskId">UUIDv7.</param>
/// <param name="Status">pending, processing, completed, failed or cancelled.</param>
public sealed record OperatedTask(string TaskId, string Status)
{
    internal static OperatedTask Of(Generation task) => new(task.Id.ToString(), GenerationView.NameOf(task.Status));
}
