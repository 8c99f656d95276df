using System.Globalization;

namespace MusicGen.Application.Generations.WatchGeneration;

/// <summary>One server-sent event.</summary>
/// <param name="Type">progress, completed, failed or cancelled.</param>
/// <param name="Id">Names the state, so that a client that comes back isn't told what it knows.</param>
/// <param name="Data">A <see cref="ProgressView"/>, or at the end the <see cref="GenerationView"/>.</param>
public sealed record GenerationEvent(string Type, string Id, object Data)
{
    public bool IsLast => Type != "progress";

    internal static GenerationEvent Of(WatchedTask task)
    {
        var view = task.View;
        var isOpen = view.Status is "pending" or "processing";
        var id = string.Create(CultureInfo.InvariantCulture, $"{task.Version}-{(isOpen ? view.StepsDone : 0)}-{view.PositionInQueue ?? -1}");
        return isOpen
            ? new GenerationEvent("progress", id, new ProgressView(view.StepsDone, view.StepsTotal, view.Progress, view.EtaSeconds, view.PositionInQueue))
            : new GenerationEvent(view.Status, id, view);
    }
}

/// <summary>How far a task is, as the wire shows it in an event.</summary>
public sealed record ProgressView(int StepsDone, int StepsTotal, double Progress, double? EtaSeconds, int? PositionInQueue);

/// <summary>A task as last seen, at a timestamp of the process's clock.</summary>
internal sealed record WatchedTask(GenerationView View, int Version, long SeenAt)
{
    /// <summary>What is left to say of a task that was deleted: it was cancelled on the way.</summary>
    public WatchedTask Gone() => this with { View = View with { Status = "cancelled", PositionInQueue = null, EtaSeconds = null }, Version = Version + 1 };
}
